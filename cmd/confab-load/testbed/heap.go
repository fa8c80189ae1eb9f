package testbed

import (
	"bufio"
	"context"
	"fmt"
	"io"
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
