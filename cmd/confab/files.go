package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"confab/app/service"
)

// fileFlags are the limits on files.
type fileFlags struct {
	MaxFile            byteSize `help:"Largest size of a file; 0 accepts no files." default:"32MiB" env:"CONFAB_MAX_FILE" placeholder:"SIZE"`
	MaxFilesPerAccount byteSize `help:"Largest total size of one account's files." default:"1GiB" env:"CONFAB_MAX_FILES_PER_ACCOUNT" placeholder:"SIZE"`
	MaxFilesTotal      byteSize `help:"Largest total size of all files of the server; 0 is no limit." default:"100GiB" env:"CONFAB_MAX_FILES_TOTAL" placeholder:"SIZE"`
}

// files returns the limits on files.
func (f fileFlags) files() service.FileOptions {
	return service.FileOptions{Max: int64(f.MaxFile), PerAccount: int64(f.MaxFilesPerAccount), Total: int64(f.MaxFilesTotal)}
}

// byteSize is a number of bytes on the command line: 1048576, 1024KiB, 1MiB.
type byteSize int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *byteSize) UnmarshalText(text []byte) error {
	digits, shift := string(text), 0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if number, ok := strings.CutSuffix(digits, unit); ok {
			digits, shift = strings.TrimSpace(number), 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is not a size: write a number with KiB, MiB or GiB, such as 32MiB", text)
	}
	*b = byteSize(n << shift)
	return nil
}
