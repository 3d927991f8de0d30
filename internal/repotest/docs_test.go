package repotest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// packageDocs checks that every package with more than tests has a package
// comment.
func packageDocs(_ *testing.T, r *repo) (breaches []string) {
	var order []string
	docs := map[string]string{}
	names := map[string]string{}
	for _, f := range r.src {
		if f.test {
			continue
		}
		if names[f.pkg] == "" {
			order = append(order, f.pkg)
			names[f.pkg] = f.ast.Name.Name
		}
		if f.ast.Doc != nil {
			docs[f.pkg] += f.ast.Doc.Text()
		}
	}
	for _, pkg := range order {
		switch name := names[pkg]; {
		case docs[pkg] == "":
			breaches = append(breaches, fmt.Sprintf("%s: package %s has no package comment", pkg, name))
		case name != "main" && !strings.HasPrefix(docs[pkg], "Package "+name+" "):
			breaches = append(breaches, fmt.Sprintf("%s: the package comment does not begin with \"Package %s \"", pkg, name))
		}
	}
	return breaches
}

// documentedExports checks that every exported name of the library has a
// comment: types, functions, methods, struct fields and interface methods. A
// group of constants or variables needs only one.
func documentedExports(_ *testing.T, r *repo) (breaches []string) {
	for _, f := range r.src {
		if f.test || !f.inLibrary() {
			continue
		}
		missing := func(id *ast.Ident, name string) {
			breaches = append(breaches, fmt.Sprintf("%s: %s is exported and has no comment", f.at(id.Pos()), name))
		}
		for _, decl := range f.ast.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				recv := receiver(decl)
				if decl.Name.IsExported() && decl.Doc == nil && (recv == "" || ast.IsExported(recv)) {
					missing(decl.Name, strings.TrimPrefix(recv+"."+decl.Name.Name, "."))
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					undocumentedSpec(decl, spec, missing)
				}
			}
		}
	}
	return breaches
}

func undocumentedSpec(decl *ast.GenDecl, spec ast.Spec, missing func(*ast.Ident, string)) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		if spec.Doc == nil && (decl.Doc == nil || decl.Lparen.IsValid()) {
			missing(spec.Name, spec.Name.Name)
		}
		undocumentedFields(spec.Name.Name, spec.Type, missing)
	case *ast.ValueSpec:
		if spec.Doc != nil || spec.Comment != nil || decl.Doc != nil {
			return
		}
		for _, id := range spec.Names {
			if id.IsExported() {
				missing(id, id.Name)
			}
		}
	}
}

// undocumentedFields checks the struct fields and interface methods of a type.
func undocumentedFields(name string, typ ast.Expr, missing func(*ast.Ident, string)) {
	var fields *ast.FieldList
	switch typ := typ.(type) {
	case *ast.StructType:
		fields = typ.Fields
	case *ast.InterfaceType:
		fields = typ.Methods
	case *ast.StarExpr:
		undocumentedFields(name, typ.X, missing)
		return
	case *ast.ArrayType:
		undocumentedFields(name, typ.Elt, missing)
		return
	default:
		return
	}
	above := ""
	for _, field := range fields.List {
		if field.Doc != nil {
			above = field.Doc.Text()
		}
		for _, id := range field.Names {
			if !id.IsExported() {
				continue
			}
			if field.Doc == nil && field.Comment == nil && !saidElsewhere(id.Name, field.Type, above) {
				missing(id, name+"."+id.Name)
			}
			undocumentedFields(name+"."+id.Name, field.Type, missing)
		}
	}
}

// saidElsewhere reports whether a field does not need a comment: the one above
// its neighbours names it, or it has the name of its type.
func saidElsewhere(name string, typ ast.Expr, above string) bool {
	if id, ok := typ.(*ast.Ident); ok && id.Name == name {
		return true
	}
	return slices.Contains(strings.FieldsFunc(above, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), name)
}

// receiver returns the name of the type that a method belongs to, or "".
func receiver(decl *ast.FuncDecl) string {
	if decl.Recv == nil {
		return ""
	}
	typ := decl.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			return t.Name
		default:
			return token.ILLEGAL.String()
		}
	}
}
