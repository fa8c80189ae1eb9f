package text

import "strings"

// Nearest returns the one of the known words that somebody most likely meant with another
// word: one that begins with it, or one that differs by little; "" if there is none.
func Nearest(word string, known []string) string {
	best, least := "", 3
	if len(word) < 4 {
		least = 2 // other short words differ by two letters
	}
	if len(word) < 2 {
		return ""
	}
	for _, k := range known {
		if strings.HasPrefix(k, word) {
			return k
		}
		if d := distance(word, k, least); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance returns how many letters have to be inserted, deleted, replaced or swapped with
// the next one to turn a into b. Distances of most and more are not exact.
func distance(a, b string, most int) int {
	if len(a) > len(b)+most || len(b) > len(a)+most {
		return most
	}
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(row[j-1]+1, last[j]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
