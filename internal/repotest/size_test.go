package repotest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"testing"
)

// apiBudgets are the most names that each public package may export. Package
// fetch was cut to its budget before v0.1; the others keep what they had then.
// Raise one only together with a reason in CHANGELOG.md.
var apiBudgets = map[string]int{
	"adapters/caddy": 9,
	"adapters/fiber": 7,
	"cors":           120,
	"corstest":       28,
	"fetch":          292,
	"fetch/cause":    33,
	"fetch/verdict":  177,
	"origin":         70,
	"policyfile":     33,
}

// TestAPISize checks that no public package exports more names than its budget.
func TestAPISize(t *testing.T) {
	r := thisRepo(t)
	for _, finding := range overBudget(t, r, apiBudgets) {
		t.Error(finding)
	}
}

// overBudget returns the public packages that have no budget or export more
// names than it allows, and the budgets that belong to no package.
func overBudget(t *testing.T, r *repo, budgets map[string]int) (findings []string) {
	t.Helper()
	packages := publicPackages(r)
	for _, pkg := range packages {
		switch n, budget := exportedNames(t, r, pkg), budgets[pkg]; {
		case budget == 0:
			findings = append(findings, fmt.Sprintf("%s: has no budget; it exports %d names", pkg, n))
		case n > budget:
			findings = append(findings, fmt.Sprintf("%s: exports %d names; at most %d", pkg, n, budget))
		}
	}
	for pkg := range budgets {
		if !slices.Contains(packages, pkg) {
			findings = append(findings, fmt.Sprintf("%s: has a budget but is not a public package", pkg))
		}
	}
	return findings
}

// exportedNames counts what a package exports: constants, variables, functions,
// types, methods, and the fields of exported structs. An embedded type counts
// as one field, whatever it promotes.
func exportedNames(t *testing.T, r *repo, pkg string) (n int) {
	t.Helper()
	count := func(names ...*ast.Ident) {
		for _, name := range names {
			if name.IsExported() {
				n++
			}
		}
	}
	for _, decl := range exportedDecls(t, r, pkg, token.NewFileSet()) {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			count(d.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					count(s.Names...)
				case *ast.TypeSpec:
					count(s.Name)
					count(members(s.Type)...)
				}
			}
		}
	}
	return n
}

// members returns the names of a struct's fields or of an interface's methods.
func members(typ ast.Expr) (names []*ast.Ident) {
	var fields *ast.FieldList
	switch typ := typ.(type) {
	case *ast.StructType:
		fields = typ.Fields
	case *ast.InterfaceType:
		fields = typ.Methods
	default:
		return nil
	}
	for _, field := range fields.List {
		if len(field.Names) > 0 {
			names = append(names, field.Names...)
		} else if name := embedded(field.Type); name != nil {
			names = append(names, name)
		}
	}
	return names
}

// embedded returns the name that an embedded type has as a field.
func embedded(typ ast.Expr) *ast.Ident {
	switch typ := typ.(type) {
	case *ast.Ident:
		return typ
	case *ast.StarExpr:
		return embedded(typ.X)
	case *ast.SelectorExpr:
		return typ.Sel
	case *ast.IndexExpr:
		return embedded(typ.X)
	}
	return nil
}
