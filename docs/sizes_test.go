package docs

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is larger than this is asking to become two. Generated code does not count.
const (
	maxMethods   = 40  // of a type
	maxInterface = 20  // methods of an interface, without those of embedded ones
	maxFiles     = 25  // of a package, without tests
	maxLines     = 400 // of a file, also of tests
)

func TestNothingIsTooLarge(t *testing.T) {
	for _, p := range packages(t) {
		methods, files := make(map[string]int), 0
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if ast.IsGenerated(file) {
				continue
			}
			files++
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
					methods[receiver(f.Recv.List[0].Type)]++
				}
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok {
					if i, ok := spec.Type.(*ast.InterfaceType); ok {
						if own := ownMethods(i); own > maxInterface {
							t.Errorf("the interface %s.%s has %d methods, over %d", p.name(), spec.Name, own, maxInterface)
						}
					}
				}
				return true
			})
		}
		for name, n := range methods {
			if n > maxMethods {
				t.Errorf("the type %s.%s has %d methods, over %d", p.name(), name, n, maxMethods)
			}
		}
		if files > maxFiles {
			t.Errorf("the package %s has %d files without tests, over %d", p.name(), files, maxFiles)
		}
		sources, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range sources {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(text, []byte("\n")); lines > maxLines && !generated(text) {
				t.Errorf("%s/%s has %d lines, over %d", p.name(), filepath.Base(path), lines, maxLines)
			}
		}
	}
}

// receiver is the name of the type that a method belongs to.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	default:
		return ""
	}
}

// ownMethods counts the methods that an interface declares itself.
func ownMethods(i *ast.InterfaceType) (n int) {
	for _, m := range i.Methods.List {
		n += len(m.Names)
	}
	return n
}

// generated reports whether the text of a file says that nobody wrote it.
func generated(text []byte) bool {
	first, _, _ := strings.Cut(string(text), "\n")
	return strings.HasPrefix(first, "// Code generated ")
}
