package testbed

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strconv"
)

// FreeAddr returns a loopback address that was free a moment ago.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// QuietAddrs returns different loopback addresses that were free a moment ago. Their ports are
// outside the range that the kernel gives to outgoing connections: one of those could connect to
// itself while no server runs, and keep the port.
func QuietAddrs(count int, chance *rand.Rand) (addrs []string, err error) {
	for range 100 {
		if len(addrs) == count {
			return addrs, nil
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+chance.IntN(20_000))))
		if err != nil {
			continue // another program uses it
		}
		defer l.Close() // at the end, so that no port is found twice
		addrs = append(addrs, l.Addr().String())
	}
	return nil, errors.New("no free port was found")
}

// heapFigure matches a line of the memory statistics at the end of the heap
// profile: "# HeapAlloc = 123", "# Stack = 123 / 456".
var heapFigure = regexp.MustCompile(`^# (HeapAlloc|Stack) = (\d+)`)

// HeapOf asks a server for the bytes that are live in its memory after a garbage
// collection: objects and stacks. pprof is the address of its profiles. Unlike RSS,
// this does not depend on when memory is returned to the system.
func HeapOf(ctx context.Context, pprof string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+pprof+"/debug/pprof/heap?debug=1&gc=1", nil)
	if err != nil {
		return 0, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asking the server for its memory: %w", err)
	}
	defer response.Body.Close()
	return parseHeap(response.Body)
}

func parseHeap(profile io.Reader) (sum int64, err error) {
	found := 0
	lines := bufio.NewScanner(profile)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := heapFigure.FindStringSubmatch(lines.Text()); m != nil {
			n, err := strconv.ParseInt(m[2], 10, 64)
			if err != nil {
				return 0, err
			}
			sum += n
			found++
		}
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	if found != 2 {
		return 0, fmt.Errorf("the heap profile has %d of 2 figures", found)
	}
	return sum, nil
}
