// Command alertbot sends each line of its standard input as a message:
//
//	journalctl -fu nginx | grep --line-buffered error | alertbot HOST '#ops'
//
// It keeps one connection open, with the key of a bot account. If the connection
// breaks, it connects again and repeats the message that was not acknowledged. The
// message keeps its id, so each line is posted once.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"confab/bot"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: alertbot HOST TARGET")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "alertbot:", err)
		os.Exit(1)
	}
}

// run sends the lines of in, one after the other.
func run(ctx context.Context, host, target string, in io.Reader) error {
	b := bot.Open(bot.Options{Host: host, SendOnly: true})
	defer b.Close()
	lines, all, refusals := bufio.NewScanner(in), 0, 0
	for lines.Scan() {
		if lines.Text() == "" {
			continue
		}
		all++
		err := b.Send(ctx, bot.Post{Target: target, Text: lines.Text()})
		if refused, ok := errors.AsType[*bot.Refusal](err); ok {
			refusals++
			fmt.Fprintln(os.Stderr, "alertbot: not sent:", refused)
		} else if err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil || refusals == 0 {
		return err
	}
	return fmt.Errorf("%d of %d lines were not sent", refusals, all)
}
