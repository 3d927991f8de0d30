package stacks

import (
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// djangoSettings are the settings of a module, with those that it takes from
// others with a star.
type djangoSettings struct {
	file *pyFile
	// values are the assignments of each name, in their order.
	values map[string][]djangoValue
	// first is the first statement of the module itself that is about CORS.
	first *python.Stmt
	// unknown says that other settings come from a module that is not there.
	unknown bool

	modules int // that it takes from
	n       int // values
}

// djangoValue is an assignment of a setting.
type djangoValue struct {
	file  *pyFile
	stmt  *python.Stmt
	value *python.Expr
	// adds says that it is += or a method that adds; at the beginning, if front
	// says so.
	adds, front bool
	// condition says that it is in an if or try.
	condition bool
}

// djangoNames are the settings of django-cors-headers, each with an old name that
// counts if the new one is not there.
var djangoNames = map[string]string{
	"CORS_ALLOWED_ORIGINS": "CORS_ORIGIN_WHITELIST", "CORS_ALLOWED_ORIGIN_REGEXES": "CORS_ORIGIN_REGEX_WHITELIST", "CORS_ALLOW_ALL_ORIGINS": "CORS_ORIGIN_ALLOW_ALL",
	"CORS_ALLOW_METHODS": "", "CORS_ALLOW_HEADERS": "", "CORS_EXPOSE_HEADERS": "", "CORS_PREFLIGHT_MAX_AGE": "", "CORS_ALLOW_CREDENTIALS": "",
	"CORS_ALLOW_PRIVATE_NETWORK": "", "CORS_URLS_REGEX": "", "CORS_REPLACE_HTTPS_REFERER": "",
}

// isDjangoName reports whether a setting is one of django-cors-headers.
func isDjangoName(name string) bool {
	_, known := djangoNames[name]
	for _, old := range djangoNames {
		known = known || old != "" && old == name
	}
	return known
}

// djangoReader reads the modules of a project.
type djangoReader struct {
	files map[string]*pyFile
	names []string // of the files, sorted
	read  map[*pyFile]*djangoSettings
}

// The bounds of star imports: how many modules take their settings from one to the
// next, how many one takes from, and how many settings there are.
const (
	maxStarImports  = 8
	maxStarModules  = 20
	maxDjangoValues = 20_000
)

// settings returns the settings of a module.
func (r *djangoReader) settings(f *pyFile, depth int) *djangoSettings {
	if s := r.read[f]; s != nil {
		return s
	}
	s := &djangoSettings{file: f, values: map[string][]djangoValue{}}
	if depth == 0 {
		s.unknown = true
		return s
	}
	r.read[f] = s // also for a module that imports itself
	s.block(r, f.Body, false, depth)
	return s
}

// block reads statements, which count always unless they are in a condition.
func (s *djangoSettings) block(r *djangoReader, body []*python.Stmt, condition bool, depth int) {
	for _, stmt := range body {
		switch stmt.Keyword {
		case "def", "class":
			continue
		case "from":
			s.star(r, stmt, depth)
		default:
			s.statement(stmt, condition)
		}
		if len(stmt.Body) > 0 {
			s.block(r, stmt.Body, true, depth)
		}
	}
}

// star takes over the settings of from module import *.
func (s *djangoSettings) star(r *djangoReader, stmt *python.Stmt, depth int) {
	words := strings.Fields(stmt.In(s.file.File))
	if len(words) < 4 || words[3] != "*" {
		return
	}
	s.modules++
	base := r.module(s.file, words[1])
	if base == nil || base == s.file || s.modules > maxStarModules {
		s.unknown = true
		return
	}
	from := r.settings(base, depth-1)
	if s.n += from.n; s.n > maxDjangoValues {
		s.unknown = true
		return
	}
	s.unknown = s.unknown || from.unknown
	for name, values := range from.values {
		s.values[name] = append(s.values[name], values...)
	}
}

// module returns the file of a module, or nil.
func (r *djangoReader) module(from *pyFile, name string) *pyFile {
	dir := ""
	if rest := strings.TrimLeft(name, "."); rest != name {
		dir = path.Dir(from.Name)
		for range len(name) - len(rest) - 1 {
			dir = path.Dir(dir)
		}
		name = rest
	}
	base := path.Join(dir, strings.ReplaceAll(name, ".", "/"))
	for _, file := range []string{base + ".py", base + "/__init__.py"} {
		if f := r.files[file]; f != nil {
			return f
		}
		if dir != "" {
			continue
		}
		for _, known := range r.names {
			if strings.HasSuffix(known, "/"+file) {
				return r.files[known]
			}
		}
	}
	return nil
}

// statement takes the settings of a statement.
func (s *djangoSettings) statement(stmt *python.Stmt, condition bool) {
	add := func(name string, v djangoValue) {
		if s.n++; s.n > maxDjangoValues {
			return
		}
		v.file, v.stmt, v.condition = s.file, stmt, condition
		s.values[name] = append(s.values[name], v)
		if s.first == nil && isDjangoName(name) {
			s.first = stmt
		}
	}
	for _, t := range stmt.Targets {
		switch {
		case t.Kind != python.Var || strings.Contains(t.Name, "."):
		case stmt.Assign == "=" && stmt.Value() != nil:
			add(t.Name, djangoValue{value: stmt.Value()})
		case stmt.Assign == "+=" && len(stmt.Exprs) > 0:
			add(t.Name, djangoValue{value: augmentedValue(stmt.Exprs[0]), adds: true})
		case stmt.Assign != "":
			add(t.Name, djangoValue{value: &python.Expr{Span: stmt.Span}})
		}
	}
	if stmt.Assign != "" || len(stmt.Exprs) != 1 {
		return
	}
	name, method, ok := strings.Cut(stmt.Exprs[0].Callee(), ".")
	args := stmt.Exprs[0].Args
	switch {
	case !ok:
	case method == "insert" && len(args) == 2:
		front := args[0].Value.Kind == python.Int && args[0].Value.Number == 0
		add(name, djangoValue{value: listOf(args[1].Value), adds: true, front: front})
	case method == "append" && len(args) == 1:
		add(name, djangoValue{value: listOf(args[0].Value), adds: true})
	case method == "extend" && len(args) == 1:
		add(name, djangoValue{value: args[0].Value, adds: true})
	case slices.Contains([]string{"remove", "pop", "clear", "sort", "reverse"}, method):
		add(name, djangoValue{value: &python.Expr{Span: stmt.Span}})
	}
}

// augmentedValue returns what is after += in the expression of the statement.
func augmentedValue(e *python.Expr) *python.Expr {
	if len(e.Items) == 2 && len(e.Ops) == 1 {
		return e.Items[1]
	}
	if len(e.Items) > 2 && len(e.Ops) > 0 {
		return &python.Expr{Span: source.Span{Start: e.Items[1].Start, End: e.End}, Kind: python.Other, Items: e.Items[1:], Ops: e.Ops[1:]}
	}
	return &python.Expr{Span: e.Span}
}

// listOf returns a list of one element.
func listOf(e *python.Expr) *python.Expr {
	return &python.Expr{Span: e.Span, Kind: python.List, Items: []*python.Expr{e}}
}

// of returns the values of a setting that count: the last that replaces the
// others, and what is added to it. Without one, those of its old name count.
func (s *djangoSettings) of(name string) []djangoValue {
	values := s.values[name]
	if old := djangoNames[name]; len(values) == 0 && old != "" {
		values = s.values[old]
	}
	for i := len(values) - 1; i > 0; i-- {
		if v := values[i]; !v.adds && !v.condition {
			return values[i:]
		}
	}
	return values
}

// hasOrigins reports whether a setting says which origins are allowed. Without
// one, the others are a part of what another module says.
func (s *djangoSettings) hasOrigins() bool {
	return len(s.of("CORS_ALLOWED_ORIGINS"))+len(s.of("CORS_ALLOWED_ORIGIN_REGEXES"))+len(s.of("CORS_ALLOW_ALL_ORIGINS")) > 0
}
