package text

import (
	"slices"
	"strings"
)

// lookalikes are strings that look the same in handles, and their replacements in a
// skeleton. They apply one after the other, in this order.
// db/sqlite/migrations/00044_names.sql has the same table. A change needs a
// migration that computes the skeletons again.
var lookalikes = [...]struct{ from, to string }{
	{"0", "o"}, {"1", "l"}, {"i", "l"}, {"5", "s"},
	{"rn", "m"}, {"vv", "w"}, {"cl", "d"},
}

// Skeleton returns the appearance of a handle or of a group's name. Names with the
// same skeleton look alike (as in UTS #39, with a table for the characters of
// handles). All separators count as the same, and repeated or final ones are
// dropped. Use a skeleton only for comparing.
func Skeleton(name string) string {
	name = strings.NewReplacer("_", "-", ".", "-").Replace(name)
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	name = strings.TrimRight(name, "-")
	for _, l := range lookalikes {
		name = strings.ReplaceAll(name, l.from, l.to)
	}
	return name
}

// CheckHandle is [ParseHandle] for a new handle. It also refuses handles that look
// like a reserved word.
func CheckHandle(s string) (string, error) {
	if HasCode(s) {
		return "", CodeRefused("do not use it as a name")
	}
	name, err := ParseHandle(s)
	if err != nil {
		return "", err
	}
	like := Skeleton(name)
	if strings.HasPrefix(strings.ReplaceAll(like, "-", ""), Skeleton("deleteduser")) {
		return "", refuse(ErrName, "The name %s looks like the name that deleted accounts have: choose another.", name)
	}
	i := slices.IndexFunc(nameReserved, func(r string) bool { return Skeleton(r) == like })
	if i >= 0 {
		return "", refuse(ErrName, "The name %s looks like %s, which is reserved: choose another.", name, nameReserved[i])
	}
	return name, nil
}
