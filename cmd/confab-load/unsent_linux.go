package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
)

// unsent returns how many bytes are on the way in a TCP connection on this machine:
// the kernel has accepted them at the local end, and the other end has not read
// them. It reads /proc/net/tcp (proc_pid_net(5)).
func unsent(local, remote net.Addr) (n int64, known bool) {
	from, to := procAddr(local), procAddr(remote)
	if from == nil || to == nil {
		return 0, false
	}
	data, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(data) {
		fields := bytes.Fields(line)
		if len(fields) < 5 || !bytes.Equal(fields[1], from) || !bytes.Equal(fields[2], to) {
			continue
		}
		queue, _, _ := bytes.Cut(fields[4], []byte(":"))
		n, err := strconv.ParseInt(string(queue), 16, 64)
		return n, err == nil
	}
	return 0, false
}

// procAddr formats an IPv4 address as it is written there: the address as a number
// in the machine's byte order, and the port.
func procAddr(a net.Addr) []byte {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || tcp.IP.To4() == nil {
		return nil
	}
	return fmt.Appendf(nil, "%08X:%04X", binary.NativeEndian.Uint32(tcp.IP.To4()), tcp.Port)
}
