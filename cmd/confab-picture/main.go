// Command confab-picture draws the pictures in the docs from real screens, and records a
// short session, as a moving picture and for asciinema. It lets people chat on a server of its own, and writes down
// what one of their terminals shows.
//
//	go run ./cmd/confab-picture docs
//
// The clock is fixed, so the same code draws the same pictures.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// patience bounds how long a scene may take.
const patience = time.Minute

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: confab-picture FOLDER")
		os.Exit(2)
	}
	if err := draw(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "confab-picture:", err)
		os.Exit(1)
	}
}

// draw plays every scene, and writes its pictures into a folder.
func draw(ctx context.Context, folder string) error {
	for name, scene := range scenes() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		pictures, err := play(ctx, scene)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for file, picture := range pictures {
			if err := os.WriteFile(filepath.Join(folder, file), picture, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
