package command

import "io"

// interrupts reads a raw terminal, and ends when the user presses Ctrl+C or Ctrl+D.
// It ignores other keys.
type interrupts struct{ in io.Reader }

func (r *interrupts) Read(p []byte) (int, error) {
	for {
		n, err := r.in.Read(p)
		for _, b := range p[:n] {
			if b == 3 || b == 4 {
				return 0, io.EOF
			}
		}
		if err != nil {
			return 0, err
		}
	}
}
