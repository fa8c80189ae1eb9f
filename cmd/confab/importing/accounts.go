package importing

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"confab/app/text"
)

// accounts returns the handles of people who have an account here, by their names in the other
// chat.
func (o *options) accounts() (map[string]string, error) {
	all := map[string]string{}
	add := func(where, line string) error {
		there, here, ok := strings.Cut(line, "=")
		there, here = strings.TrimSpace(there), strings.TrimSpace(here)
		if !ok || there == "" || here == "" {
			return fmt.Errorf("nothing was imported: %s is %q, and should be the name there and the account here, such as  ann.smith=ann", where, text.CleanLine(line, 80))
		}
		if have, twice := all[text.Lower(there)]; twice && have != here {
			return fmt.Errorf("nothing was imported: %s has two accounts, %s and %s: choose one", text.CleanLine(there, 80), text.CleanLine(have, 80), text.CleanLine(here, 80))
		}
		all[text.Lower(there)] = here
		return nil
	}
	for _, pair := range o.Map {
		if err := add("--map", pair); err != nil {
			return nil, err
		}
	}
	if o.MapFile == "" {
		return all, nil
	}
	file, err := os.Open(string(o.MapFile))
	if err != nil {
		return nil, fmt.Errorf("reading the list of accounts: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := add(fmt.Sprintf("line %d of %s", n, file.Name()), line); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the list of accounts: %w", err)
	}
	return all, nil
}
