package repotest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// causeDirs are the folders with the causes of faults, each of which has a file of
// its own: what it says, its rule and its example are read and changed together.
var causeDirs = []string{"fetch/cause", programDir + "/internal/diagnose"}

// causeFiles checks that a file that declares a cause is named after its slug, and
// declares no other.
func causeFiles(_ *testing.T, r *repo) (breaches []string) {
	for _, f := range r.src {
		if f.test || !slices.Contains(causeDirs, f.pkg) {
			continue
		}
		for _, slug := range slugsOf(f.ast) {
			if name := strings.ReplaceAll(slug, "-", "_") + ".go"; path.Base(f.path) != name {
				breaches = append(breaches, fmt.Sprintf("%s: declares the cause %s; write it into %s", f.path, slug, name))
			}
		}
	}
	return breaches
}

// slugsOf returns the slugs that a file declares: the fields Slug with a literal.
func slugsOf(file *ast.File) (slugs []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if key, ok := pair.Key.(*ast.Ident); !ok || key.Name != "Slug" {
			return true
		}
		if value, ok := pair.Value.(*ast.BasicLit); ok {
			if slug, err := strconv.Unquote(value.Value); err == nil && !slices.Contains(slugs, slug) {
				slugs = append(slugs, slug)
			}
		}
		return true
	})
	return slugs
}
