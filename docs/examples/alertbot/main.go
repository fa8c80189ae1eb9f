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
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/google/uuid"
)

// pause is the time before alertbot connects again.
const pause = 3 * time.Second

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: alertbot HOST TARGET")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "alertbot:", err)
		os.Exit(1)
	}
}

// run sends the lines of in, one after the other.
func run(host, target string, in io.Reader) error {
	var c *connection
	defer func() { c.close() }()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if lines.Text() == "" {
			continue
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		alert := command{ID: id.String(), Run: []string{"send", "--id", id.String(), target}, Text: lines.Text()}
		for {
			if c == nil {
				if c, err = connect(host); err != nil {
					return err
				}
			}
			answer, err := c.do(alert)
			if err == nil {
				if answer.Status != 0 {
					fmt.Fprintln(os.Stderr, "alertbot: not sent:", answer.Text)
				}
				break
			}
			fmt.Fprintln(os.Stderr, "alertbot:", err)
			c.close()
			c = nil
			time.Sleep(pause)
		}
	}
	return lines.Err()
}

// command is a line that the bot sends to the server.
type command struct {
	ID   string   `json:"id"`
	Run  []string `json:"run"`
	Text string   `json:"text"`
}

// event is a line from the server. It has only the fields that this bot uses.
type event struct {
	Type   string `json:"type"`
	For    string `json:"for"`
	Status int    `json:"status"`
	Text   string `json:"text"`
}

// connection is one "ssh HOST bot".
type connection struct {
	ssh  *exec.Cmd
	in   io.WriteCloser
	acks chan event // closed when the connection has ended
}

func connect(host string) (*connection, error) {
	c := &connection{ssh: exec.Command("ssh", host, "bot", "--json"), acks: make(chan event)}
	c.ssh.Stderr = os.Stderr
	out, err := c.ssh.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = c.ssh.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.ssh.Start(); err != nil {
		return nil, fmt.Errorf("starting ssh: %w", err)
	}
	go func() {
		defer close(c.acks)
		// Messages of other people also arrive here. This bot ignores them.
		for d := json.NewDecoder(out); ; {
			var e event
			if d.Decode(&e) != nil {
				return
			}
			if e.Type == "ack" {
				c.acks <- e
			}
		}
	}()
	return c, nil
}

// do runs a command on the server and returns its acknowledgement.
func (c *connection) do(cmd command) (event, error) {
	if err := json.NewEncoder(c.in).Encode(cmd); err != nil {
		return event{}, fmt.Errorf("the connection has ended: %w", err)
	}
	for e := range c.acks {
		if e.For == cmd.ID {
			return e, nil
		}
	}
	return event{}, errors.New("the connection has ended")
}

// close ends the connection. It does nothing on nil.
func (c *connection) close() {
	if c == nil {
		return
	}
	_ = c.in.Close()
	for range c.acks {
	}
	_ = c.ssh.Wait()
}
