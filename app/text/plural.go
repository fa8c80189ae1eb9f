package text

import "strconv"

// Plural returns a number with a noun, such as "1 member" or "2 members".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
