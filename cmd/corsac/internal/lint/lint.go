package lint

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Options say what to look for.
type Options struct {
	// Stack is the only stack whose files are read; nil means all. That of corsac
	// itself means files of policies.
	Stack *stacks.Stack
	// Only are the IDs of the rules that count, and Without those that do not.
	// Without any, all count.
	Only, Without []string
}

// Counts reports whether a rule counts.
func (o *Options) Counts(r *stacks.Rule) bool {
	return (len(o.Only) == 0 || slices.Contains(o.Only, r.ID)) && !slices.Contains(o.Without, r.ID)
}

// Result is what was found.
type Result struct {
	// Cases are the places that were looked at, one for each rule that a place
	// breaks. Their group is the file.
	Cases []finding.Case
	// Sites are those places whose faults have edits.
	Sites []*stacks.Site
}

// Cases returns the cases of all results.
func Cases(results []*Result) []finding.Case {
	cases := []finding.Case{}
	for _, r := range results {
		cases = append(cases, r.Cases...)
	}
	return cases
}

// All looks at the files of trees: a result for each.
func All(trees []*source.Tree, o *Options) (results []*Result) {
	for _, t := range trees {
		results = append(results, Run(t, o))
	}
	return results
}

// Run looks at the files of a tree.
func Run(t *source.Tree, o *Options) *Result {
	r := &Result{}
	if o.Stack == nil || o.Stack.Source != nil {
		for _, s := range importer.Sites(t, o.Stack) {
			faults := slices.Concat(ofStack(&s), ofDraft(&s))
			r.add(t.Show(s.File.Name), s.Title, faults, o)
			r.Sites = append(r.Sites, s.Site)
		}
	}
	for _, f := range policyFiles(t, o.Stack) {
		r.add(t.Show(f.Name), path.Base(f.Name), ofFile(t, f), o)
	}
	slices.SortStableFunc(r.Cases, func(a, b finding.Case) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(line(&a), line(&b)))
	})
	r.Cases = once(r.Cases)
	return r
}

// once puts the notes of a rule in a file together: the first one names the lines of
// the others.
func once(cases []finding.Case) (list []finding.Case) {
	type key struct{ file, rule, why string }
	first, lines := map[key]int{}, map[key][]string{}
	for _, c := range cases {
		if len(c.Findings) == 0 || c.Findings[0].Severity != finding.Note || c.Findings[0].Place == nil {
			list = append(list, c)
			continue
		}
		if slices.ContainsFunc(c.Findings, func(f finding.Finding) bool { return f.Why != c.Findings[0].Why || f.Place == nil }) {
			list = append(list, c) // they say different things
			continue
		}
		k := key{c.Group, c.Rule, c.Findings[0].Title + c.Findings[0].Why}
		_, again := first[k]
		if !again {
			at := len(list)
			first[k] = at
			list = append(list, c)
			list[at].Findings = slices.Clone(c.Findings[:1])
			c.Findings = c.Findings[1:]
		}
		for i := range c.Findings {
			if n := strconv.Itoa(line(&finding.Case{Findings: c.Findings[i:]})); !slices.Contains(lines[k], n) {
				lines[k] = append(lines[k], n)
			}
		}
	}
	for k, also := range lines {
		if f := &list[first[k]].Findings[0]; len(also) > 0 {
			f.Evidence = append(slices.Clone(f.Evidence), "also on line "+strings.Join(also, ", "))
		}
	}
	return list
}

// line returns the first line that a case is about.
func line(c *finding.Case) int {
	if len(c.Findings) == 0 || c.Findings[0].Place == nil {
		return 0
	}
	return c.Findings[0].Place.Line
}

// fault is a rule that is broken, and how.
type fault struct {
	rule    *stacks.Rule
	finding finding.Finding
}

// add adds a case for each rule that a place breaks, or one that has passed.
func (r *Result) add(file, title string, faults []fault, o *Options) {
	byRule := map[string]int{}
	for _, f := range faults {
		if !o.Counts(f.rule) {
			continue
		}
		i, ok := byRule[f.rule.ID]
		if !ok {
			i = len(r.Cases)
			byRule[f.rule.ID] = i
			r.Cases = append(r.Cases, finding.Case{Group: file, Name: title, Rule: f.rule.ID})
		}
		r.Cases[i].Findings = append(r.Cases[i].Findings, f.finding)
	}
	if len(byRule) == 0 {
		r.Cases = append(r.Cases, finding.Case{Group: file, Name: title})
	}
}

// ofStack returns the faults that the reader of a stack found.
func ofStack(s *importer.Site) (list []fault) {
	for i := range s.Faults {
		f := &s.Faults[i]
		file := f.File
		if file == nil {
			file = s.File
		}
		x := found(f.Rule, s.Stack.Name, placed(s.Tree, file, f.Start))
		if f.Evidence != "" {
			x.Evidence = []string{f.Evidence}
		}
		list = append(list, fault{f.Rule, x})
	}
	return list
}

// found returns the finding of a rule at a place.
func found(r *stacks.Rule, stack string, at *finding.Place) finding.Finding {
	return finding.Finding{
		Cause: cmp.Or(r.Cause, r.ID), Severity: r.Severity, Confidence: finding.Certain, Title: r.Title, Why: r.Why, Evidence: []string{},
		Fix: finding.Fix{Stack: stack, Text: r.Fix}, Place: at,
	}
}

// placed returns where an offset is, with its line.
func placed(t *source.Tree, f *source.File, offset int) *finding.Place {
	at := t.Place(f, offset)
	at.Excerpt, at.Caret = excerpt(f, offset)
	return at
}

// widest is how much of a long line is shown before and after a place, in bytes.
const widest = 80

// excerpt returns the line of an offset, or the part of it around that, and the
// column in which a caret under it stands.
func excerpt(f *source.File, offset int) (string, int) {
	offset = min(offset, len(f.Text))
	start, end := max(f.LineStart(offset), offset-widest), min(f.LineEnd(offset), offset+widest)
	show := func(s string) string {
		return strings.ToValidUTF8(strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\t", "    "), "")
	}
	return show(f.Text[start:end]), terminal.Width(verdict.Printable(show(f.Text[start:offset]))) + 1
}

// Output is what lint prints as JSON.
type Output struct {
	Summary

	Cases []finding.Case `json:"cases"`
}

// Summary counts findings.
type Summary struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Notes    int `json:"notes"`
}

// Count counts the findings of cases.
func Count(cases []finding.Case) (s Summary) {
	for i := range cases {
		for j := range cases[i].Findings {
			switch cases[i].Findings[j].Severity {
			case finding.Error:
				s.Errors++
			case finding.Warning:
				s.Warnings++
			default:
				s.Notes++
			}
		}
	}
	return s
}
