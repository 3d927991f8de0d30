package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// jsPatterns are the names of files in JavaScript and TypeScript.
var jsPatterns = []string{"*.js", "*.mjs", "*.cjs", "*.jsx", "*.ts", "*.mts", "*.cts", "*.tsx"}

// jsFilesAndPackage are those, and the file that names packages.
var jsFilesAndPackage = append(slices.Clone(jsPatterns), "package.json")

// jsFile is a file in JavaScript or TypeScript.
type jsFile struct {
	*js.Program

	file    *source.File
	modules *jsModules
}

// jsFiles returns the files that have one of some words in them, without type
// declarations and minified ones. The tree says which of them cannot be read.
func jsFiles(t *source.Tree, words ...string) (list []*jsFile) {
	modules := newModules(t)
	for _, f := range t.Files(jsPatterns...) {
		if strings.Contains(f.Name, ".d.") || strings.Contains(f.Name, ".min.") || strings.Contains("/"+f.Name, "/node_modules/") {
			continue
		}
		if !containsAny(f.Text, words) {
			continue
		}
		x, err := modules.parse(f)
		if err != nil {
			t.Skip(f.Name, err.Error())
			continue
		}
		list = append(list, x)
	}
	return list
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// jsSettings collects what one place in a file says.
type jsSettings struct {
	*jsFile

	draft  Draft
	faults []Fault
}

// within changes to the file that a value is in, until the function that it
// returns is called.
func (s *jsSettings) within(v *js.Value) func() {
	before := s.jsFile
	if v.In != nil && s.modules != nil {
		if x := s.modules.owners[v.In]; x != nil {
			s.jsFile = x
		}
	}
	return func() { s.jsFile = before }
}

// entry adds a value of a field that a range of tokens says.
func (s *jsSettings) entry(field, value string, r js.Range) {
	if err := validEntry(field, value); err != nil {
		kind, text := leftOut(shorten(value), err)
		s.remark(kind, field, text, r)
		return
	}
	s.draft.Entries = append(s.draft.Entries, Entry{Field: field, Value: value, File: s.file, Span: s.Span(r)})
}

// byDefault adds values that the stack has by itself.
func (s *jsSettings) byDefault(field string, r js.Range, values ...string) {
	for _, v := range values {
		s.draft.Entries = append(s.draft.Entries, Entry{Field: field, Value: v, Default: true, File: s.file, Span: s.Span(r)})
	}
}

func (s *jsSettings) remark(kind RemarkKind, field, text string, r js.Range) {
	s.draft.Remarks = append(s.draft.Remarks, Remark{Kind: kind, Field: field, Text: text, File: s.file, Span: s.Span(r)})
}

func (s *jsSettings) fault(rule *Rule, r js.Range, edits ...source.Edit) {
	s.faults = append(s.faults, Fault{Rule: rule, File: s.file, Span: s.Span(r), Evidence: shorten(s.Source(r)), Edits: edits})
}

// broke reports whether a rule is broken already.
func (s *jsSettings) broke(rule *Rule) bool {
	return slices.ContainsFunc(s.faults, func(f Fault) bool { return f.Rule == rule })
}

// maxQuote is the length of what is shown of a file, in bytes.
const maxQuote = 120

// shorten returns a text in one line.
func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxQuote {
		s = strings.ToValidUTF8(s[:maxQuote-3], "") + "…"
	}
	return s
}

// site returns what was collected as a place.
func (s *jsSettings) site(title, path string, r js.Range) *Site {
	s.draft.Sort()
	return &Site{Title: title, File: s.file, Span: s.Span(r), Path: path, Draft: s.draft, Faults: s.faults}
}

// once leaves out the faults that sites before have in the same place, because they
// share options.
func once(sites []*Site) []*Site {
	type place struct {
		rule *Rule
		file *source.File
		source.Span
	}
	seen := map[place]bool{}
	for _, s := range sites {
		s.Faults = slices.DeleteFunc(s.Faults, func(f Fault) bool {
			at := place{f.Rule, f.File, f.Span}
			known := seen[at]
			seen[at] = true
			return known
		})
	}
	return sites
}

// dynamic says why a value is not known.
func dynamic(v *js.Value) string {
	switch {
	case v.Env != "":
		return "It comes from the environment variable " + v.Env + "."
	case v.Kind == js.FunctionValue:
		return "A function decides when the program runs."
	default:
		return "It is known only when the program runs."
	}
}
