package importing

import (
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Folder finds the contents of files that an export only names.
type Folder interface {
	// Find returns how to open a content, or nil if it is not there. The content is a file
	// with the id as its name, in a folder with the id as its name, or a file with the name.
	Find(id, name string) func() (io.ReadCloser, error)
}

// localFolder is a folder of this machine. It opens nothing outside itself, whatever names
// and links an export has.
type localFolder struct{ root *os.Root }

// OpenFolder opens a folder with contents of files. The caller closes it.
func OpenFolder(dir string) (Folder, io.Closer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	return localFolder{root}, root, nil
}

func (f localFolder) Find(id, name string) func() (io.ReadCloser, error) {
	var tries []string
	if component(id) {
		tries = append(tries, id)
		if component(name) {
			tries = append(tries, path.Join(id, name), id+"-"+name)
		}
		if entries, err := fs.ReadDir(f.root.FS(), id); err == nil && len(entries) == 1 && entries[0].Type().IsRegular() {
			tries = append(tries, path.Join(id, entries[0].Name()))
		}
	}
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name != "" {
		tries = append(tries, name)
	}
	for _, try := range tries {
		if info, err := f.root.Stat(try); err == nil && info.Mode().IsRegular() {
			return func() (io.ReadCloser, error) { return f.root.Open(try) }
		}
	}
	return nil
}

// component reports whether a name is one component of a path.
func component(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00")
}
