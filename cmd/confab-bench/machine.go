package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine describes the machine, and the version that was measured.
type machine struct {
	cpu    string
	cores  int
	system string
	commit string
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores of %s, %s, %s", m.cores, m.cpu, m.system, strings.Replace(runtime.Version(), "go", "Go ", 1))
}

func thisMachine(ctx context.Context) machine {
	m := machine{cpu: "an unknown CPU", cores: runtime.NumCPU(), system: runtime.GOOS + "/" + runtime.GOARCH, commit: "unknown"}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range bytes.Lines(info) {
			if name, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(name) == "model name" {
				m.cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		version, _, _ := strings.Cut(strings.TrimSpace(string(release)), "-")
		m.system = "Linux " + version
	}
	if out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=10", "HEAD").Output(); err == nil {
		m.commit = strings.TrimSpace(string(out))
		// Nobody else can repeat a measurement of uncommitted changes.
		if out, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", "*.go", "go.mod", "*.sql").Output(); err != nil || len(out) > 0 {
			m.commit += " with changes"
		}
	}
	return m
}
