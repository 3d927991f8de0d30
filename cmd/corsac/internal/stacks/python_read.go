package stacks

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// pyFile is a file of Python.
type pyFile struct {
	*source.File

	*python.Module

	origins map[*python.Expr]bool // what isOrigin has found
	steps   int                   // of reading lists
}

// pyFiles returns the files of a project that have one of the words, without
// those of tests and of installed packages.
func pyFiles(t *source.Tree, tests bool, words ...string) (files []*pyFile) {
	for _, f := range t.Files("*.py") {
		installed := strings.Contains("/"+f.Name, "/site-packages/")
		if installed || isPyTest(f.Name) != tests || !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f.Text, w) }) {
			continue
		}
		files = append(files, &pyFile{File: f, Module: python.Parse(f.Text), origins: map[*python.Expr]bool{}})
	}
	return files
}

// isPyTest reports whether the name of a file is that of a test.
func isPyTest(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "test_") || strings.HasSuffix(base, "_test.py") || base == "conftest.py" ||
		strings.Contains("/"+name, "/tests/") || strings.Contains("/"+name, "/test/")
}

// callee returns the full name of what a call calls.
func (f *pyFile) callee(e *python.Expr) string {
	if e == nil || e.Kind != python.Call || e.Base == nil || e.Base.Kind != python.Var {
		return ""
	}
	return f.Resolve(e.Base.Name)
}

// eachExpr calls fn for each expression of the file with its statement.
func (f *pyFile) eachExpr(fn func(*python.Stmt, *python.Expr)) {
	python.Walk(f.Body, func(s *python.Stmt) bool {
		s.WalkExprs(func(e *python.Expr) { fn(s, e) })
		return true
	})
}

// pyOption is an argument of a call, or an element of a dict that is spread into
// its arguments.
type pyOption struct {
	name  string
	value *python.Expr
	// arg is the argument with its keyword; nil for what is spread.
	arg *python.Arg
}

// pyReader reads a draft from the arguments of calls.
type pyReader struct {
	file  *pyFile
	at    *python.Stmt
	draft Draft
	// constants are lists of strings by the full name of what has them, such as
	// corsheaders.defaults.default_headers.
	constants map[string][]string

	steps int // of reading lists
	depth int
}

// The bounds of a list: how many elements and lists it has, also those of its
// constants, and how deep they are. A constant may be a part of itself. All lists
// of a file together have a bound, too.
const (
	maxListSteps = 2000
	maxListDepth = 20
	maxFileSteps = 50_000
)

// step reports whether another element or list may be read.
func (r *pyReader) step() bool {
	r.steps++
	r.file.steps++
	return r.steps <= maxListSteps && r.file.steps <= maxFileSteps
}

func (r *pyReader) entry(field, value string, e *python.Expr) {
	r.draft.Entries = append(r.draft.Entries, Entry{Field: field, Value: value, File: r.file.File, Span: e.Span})
}

func (r *pyReader) byDefault(field, value string, span source.Span) {
	r.draft.Entries = append(r.draft.Entries, Entry{Field: field, Value: value, Default: true, File: r.file.File, Span: span})
}

func (r *pyReader) remark(kind RemarkKind, field, text string, e *python.Expr) {
	r.draft.Remarks = append(r.draft.Remarks, Remark{Kind: kind, Field: field, Text: text, File: r.file.File, Span: e.Span})
}

// options returns the keyword arguments of a call, those that are spread with **
// included as far as they are in the file. Arguments without keyword get the
// names of positions.
func (r *pyReader) options(args []python.Arg, positions []string) (options []pyOption) {
	for i := range args {
		a := &args[i]
		switch {
		case a.Star == "**":
			options = append(options, r.spread(a.Value)...)
		case a.Star == "*" || a.Name == "" && len(positions) == 0:
			r.remark(Dynamic, "", "These arguments are known only when the program runs.", a.Value)
		case a.Name == "":
			options = append(options, pyOption{positions[0], a.Value, a})
			positions = positions[1:]
		default:
			options = append(options, pyOption{a.Name, a.Value, a})
		}
	}
	return options
}

// spread returns the elements of a dict, or of a call of dict.
func (r *pyReader) spread(e *python.Expr) (options []pyOption) {
	d := r.file.Follow(e, r.at)
	switch {
	case d.Kind == python.Dict:
		for i, key := range d.Keys {
			if key == nil || key.Kind != python.String {
				r.remark(Dynamic, "", "These options are known only when the program runs.", d.Items[i])
				continue
			}
			options = append(options, pyOption{name: key.Text, value: d.Items[i]})
		}
	case d.Callee() == "dict" && !slices.ContainsFunc(d.Args, func(a python.Arg) bool { return a.Name == "" }):
		for _, a := range d.Args {
			options = append(options, pyOption{name: a.Name, value: a.Value})
		}
	default:
		r.remark(Dynamic, "", "The options "+r.why(d), e)
	}
	return options
}

// why says why the value of an expression is not known; it is the end of a
// sentence.
func (r *pyReader) why(e *python.Expr) string {
	text, environment := "", false
	e.Walk(func(x *python.Expr) {
		if x.Kind == python.Var {
			full := r.file.Resolve(x.Name)
			environment = environment || strings.HasPrefix(full, "os.environ") || full == "os.getenv"
		}
	})
	switch {
	case environment:
		text = "come from an environment variable"
	case e.Kind == python.Var:
		text = "come from " + e.Name + ", whose value this file does not show"
	case e.Kind == python.Call && e.Callee() != "":
		text = "come from a call of " + e.Callee()
	default:
		text = "are computed"
	}
	return text + ": they are known only when the program runs."
}

// strings returns the expressions of a list that are strings. It remarks on the
// others, and is false if there is not a list.
func (r *pyReader) strings(field string, e *python.Expr) (items []*python.Expr, ok bool) {
	if !r.step() || r.depth > maxListDepth {
		return nil, false
	}
	r.depth++
	defer func() { r.depth-- }()
	e = r.file.Follow(e, r.at)
	switch constant := r.constants[r.file.Resolve(e.Name)]; {
	case e.Kind == python.Var && constant != nil:
		for _, s := range constant {
			items = append(items, &python.Expr{Span: e.Span, Kind: python.String, Text: s})
		}
		return items, true
	case e.Kind == python.List || e.Kind == python.Tuple || e.Kind == python.Set:
		for _, item := range e.Items {
			items = append(items, r.element(field, item)...)
		}
		return items, r.steps <= maxListSteps
	case slices.Contains([]string{"list", "tuple", "set", "frozenset", "sorted"}, e.Callee()) && len(e.Args) == 1 && e.Args[0].Star == "":
		return r.strings(field, e.Args[0].Value)
	case e.Kind == python.Call && e.Base.Kind == python.Attribute && e.Base.Name == "split" && e.Base.Base.Kind == python.String && len(e.Args) == 1:
		return splitString(e), true
	case e.Kind == python.Other && len(e.Items) > 1 && strings.Trim(strings.Join(e.Ops, ""), "+") == "":
		for _, part := range e.Items {
			more, list := r.strings(field, part)
			if r.steps > maxListSteps {
				return nil, false
			}
			if !list {
				r.remark(Dynamic, field, "Values of "+field+" "+r.why(part), part)
			}
			items = append(items, more...)
		}
		return items, true
	}
	return nil, false
}

// element returns the strings of one element of a list, each in the place of the
// element. Its base is what it stands for: a string, or a call of re.compile; its
// item is the literal.
func (r *pyReader) element(field string, item *python.Expr) []*python.Expr {
	if !r.step() {
		return nil
	}
	if item.Kind == python.Other && len(item.Ops) == 1 && item.Ops[0] == "*" && len(item.Items) == 1 {
		if more, ok := r.strings(field, item.Items[0]); ok {
			return more
		}
	}
	value := r.file.Follow(item, r.at)
	text := value
	if r.file.callee(value) == "re.compile" {
		text = r.regex(value)
	}
	if text.Kind == python.String {
		return []*python.Expr{{Span: item.Span, Kind: python.String, Text: text.Text, Base: value, Items: []*python.Expr{text}}}
	}
	r.remark(Dynamic, field, "Values of "+field+" "+r.why(value), item)
	return nil
}

// splitString returns the parts of "a,b".split(",").
func splitString(e *python.Expr) (items []*python.Expr) {
	sep := e.Args[0].Value
	if sep.Kind != python.String || sep.Text == "" {
		return nil
	}
	for _, part := range strings.Split(e.Base.Base.Text, sep.Text) {
		items = append(items, &python.Expr{Span: e.Base.Base.Span, Kind: python.String, Text: part})
	}
	return items
}

// truth returns whether a value is true in Python. It is false, false for what is
// not literal.
func (r *pyReader) truth(e *python.Expr) (yes, known bool) {
	e = r.file.Follow(e, r.at)
	switch e.Kind {
	case python.Bool, python.Int:
		return e.Number != 0, true
	case python.String:
		return e.Text != "", true
	case python.None:
		return false, true
	}
	return false, false
}

// privateNetwork remarks on an option that allows access to a private network,
// unless it is surely false.
func (r *pyReader) privateNetwork(e *python.Expr) {
	if yes, known := r.truth(e); yes || !known {
		r.remark(Lost, "", noPrivateNetwork, e)
	}
}

// seconds adds how long a preflight is remembered. What browsers do without the
// header need not be said.
func (r *pyReader) seconds(e *python.Expr) {
	value := r.file.Follow(e, r.at)
	switch {
	case value.Kind != python.Int:
		r.remark(Dynamic, "max_age", "The seconds "+r.why(value), e)
	case value.Number != unsetMaxAge:
		r.entry("max_age", (time.Duration(max(value.Number, 0)) * time.Second).String(), e)
	}
}
