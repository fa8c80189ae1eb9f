package text

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
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

// lookalikeLetters has letters of other scripts, each before the Latin one that it looks like
// (a part of the table of UTS #39). Letters with marks, and those of other widths and styles,
// are found by their decomposition.
const lookalikeLetters = "АaВbЕeКkМmНhОoРpСcТtУyХxІiЈjЅsаaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwкkмmтtнhвb" +
	"ΑaΒbΕeΖzΗhΙiΚkΜmΝnΟoΡpΤtΥyΧxαaγyεeιiκkνvοoρpτtυuχxηnωwıiɑaɡgłlØoøođd"

// DisplaySkeleton returns the appearance of a display name as that of a handle, to compare it
// with those of [Skeleton]. It leaves out what no handle can have.
func DisplaySkeleton(name string) string {
	name = strings.NewReplacer(strings.Split(lookalikeLetters, "")...).Replace(norm.NFKD.String(name))
	handle := strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case unicode.IsSpace(r), strings.ContainsRune("-_.", r):
			return '-'
		default:
			return -1
		}
	}, name)
	return Skeleton(strings.Trim(handle, "-"))
}

// LooksReserved reports whether a skeleton is that of a word that nobody can have as a
// handle.
func LooksReserved(skeleton string) bool {
	return slices.ContainsFunc(nameReserved, func(r string) bool { return Skeleton(r) == skeleton })
}
