package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// TestNoPropertyReturnsEarly keeps properties from passing without checking anything: rapid
// counts a property that returns as checked. What does not fit is filtered where it is drawn,
// or skipped, which rapid counts as invalid.
func TestNoPropertyReturnsEarly(t *testing.T) {
	properties := 0
	for _, p := range packages(t) {
		for _, f := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			files := token.NewFileSet()
			parsed, err := parser.ParseFile(files, filepath.Join(p.Dir, f), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				property := propertyOf(n)
				if property == nil {
					return true
				}
				properties++
				for _, r := range returns(property) {
					t.Errorf("%s: a property returns early, unchecked", files.Position(r.Pos()))
				}
				return false
			})
		}
	}
	if properties < 9 {
		t.Errorf("only %d properties are found", properties)
	}
}

// propertyOf returns the function that a call of rapid checks; nil: n is something else.
func propertyOf(n ast.Node) *ast.FuncLit {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	checked, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Check", "MakeCheck", "MakeFuzz"}, checked.Sel.Name) {
		return nil
	}
	if rapid, ok := checked.X.(*ast.Ident); !ok || rapid.Name != "rapid" {
		return nil
	}
	property, _ := call.Args[len(call.Args)-1].(*ast.FuncLit)
	return property
}

// returns finds the return statements of a function, and none of the functions inside it.
func returns(function *ast.FuncLit) (all []*ast.ReturnStmt) {
	ast.Inspect(function.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok {
			all = append(all, r)
		}
		_, nested := n.(*ast.FuncLit)
		return !nested
	})
	return all
}
