package text

import (
	"slices"
	"strings"
)

// lookalikes are what looks the same in handles, and what stands for it in a
// skeleton: one after the other, in this order. db/sqlite/migrations/00044_names.sql has
// the same table; a change needs a migration that works the skeletons out anew.
var lookalikes = [...]struct{ from, to string }{
	{"0", "o"}, {"1", "l"}, {"i", "l"}, {"5", "s"},
	{"rn", "m"}, {"vv", "w"}, {"cl", "d"},
}

// Skeleton is what a handle, or the name of a group, looks like: two with the same one
// are taken for each other (after UTS #39, with a table for what they are made of).
// Separators are all alike, and are passed over if they are repeated or at the end.
// It is for comparing only.
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

// CheckHandle is [ParseHandle] for a new handle: it also refuses those that look
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
		return "", refuse(ErrName, "The name %s looks like what stands for deleted accounts: choose another.", name)
	}
	i := slices.IndexFunc(nameReserved, func(r string) bool { return Skeleton(r) == like })
	if i >= 0 {
		return "", refuse(ErrName, "The name %s looks like %s, which is reserved: choose another.", name, nameReserved[i])
	}
	return name, nil
}
