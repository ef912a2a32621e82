package chat

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// constants returns the values of this package's constants of a type, in the order of their
// declaration.
func constants[T ~string](t *testing.T, name string) (values []T) {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != name {
				return true
			}
			for _, v := range spec.Values {
				value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, T(value))
			}
			return true
		})
	}
	return values
}

// TestReasonsAndKindsAreAllListed: import and verify refuse those that are not.
func TestReasonsAndKindsAreAllListed(t *testing.T) {
	if want := constants[Reason](t, "Reason"); len(want) < 7 || !slices.Equal(Reasons(), want) {
		t.Errorf("Reasons returns %q, declared are %q", Reasons(), want)
	}
	if want := constants[Kind](t, "Kind"); len(want) < 7 || !slices.Equal(Kinds(), want) {
		t.Errorf("Kinds returns %q, declared are %q", Kinds(), want)
	}
}
