package command

import "confab/app/text"

// Nearest returns the command that somebody most likely meant with a name that no command
// has: a command that begins with it, or one with a similar name. It returns "" if there is
// none.
func Nearest(name string) string {
	var known []string
	for _, c := range All() {
		known = append(append(known, c.Name), c.Also...)
	}
	return text.Nearest(name, known)
}
