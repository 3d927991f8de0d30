package stacks

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// codeFile is a file in Java, Kotlin or C# while it is read.
type codeFile struct {
	*cfamily.Program
	*confFile

	// leavers are the first tokens after brackets that leave a function.
	leavers map[int]int
}

// codeFiles returns the files of a tree that match a pattern and have one of
// some words in them. The tree says which of them cannot be read.
func codeFiles(t *source.Tree, common *commonRules, patterns, words []string) (list []*codeFile) {
	for _, f := range t.Files(patterns...) {
		if !containsAny(f.Text, words) {
			continue
		}
		p, err := cfamily.Parse(f.Text, cfamily.LanguageOf(f.Name))
		if err != nil {
			t.Skip(f.Name, err.Error())
			continue
		}
		list = append(list, &codeFile{Program: p, confFile: &confFile{Document: &conftree.Document{}, file: f, common: common, left: maxKept}})
	}
	return list
}

// codeSite is a place in code while it is read.
type codeSite struct {
	*confSite

	code *codeFile
}

// codeSite adds a site, which a range of tokens is.
func (f *codeFile) codeSite(title string, r cfamily.Range) *codeSite {
	return &codeSite{f.site(shorten(title), &conftree.Node{Span: f.Span(r)}), f}
}

// full reports whether no more sites of the file are read.
func (f *codeFile) full() bool { return len(f.sites) >= maxSites || f.left <= 0 }

// conditional reports whether a condition or a loop decides if the code at a token
// runs: one around it, inside of the bracket of a scope.
func (f *codeFile) conditional(i, scope int) bool {
	if f.Guarded(i) && !f.Guarded(scope) {
		return true
	}
	for steps := 0; i >= 0 && i != scope && steps < 100; steps++ {
		s := f.Statement(i)
		if slices.Contains(branches, f.At(s.Start)) {
			return true
		}
		up := f.Up(i)
		if up != scope && f.branch(up) {
			return true
		}
		i = up
	}
	return false
}

// branch reports whether a bracket is that of a condition or a loop.
func (f *codeFile) branch(open int) bool {
	return f.At(open) == "{" && (f.At(open-1) == "else" || f.At(open-1) == "try" || f.At(open-1) == ")" && slices.Contains(branches, f.At(f.Partner(open-1)-1)))
}

// branches are words that begin a condition or a loop.
var branches = []string{"if", "else", "for", "foreach", "while", "switch", "case", "when", "catch", "try"}

// dynamic remarks on a value that is known only when the program runs.
func (s *codeSite) dynamic(field string, v *cfamily.Value) {
	text := "It is known only when the program runs: it is not written in this file."
	if v.Property != "" {
		text = "It comes from the property " + shorten(v.Property) + ", which is known only when the program runs."
	}
	s.remark(Dynamic, field, text, s.code.Span(v.Used))
}

// partOf returns a string as a value of a field.
func (f *codeFile) partOf(v *cfamily.Value) part {
	p := part{text: v.Text, at: f.Span(v.Used)}
	if v.Range == v.Used && v.Range.End == v.Range.Start+1 {
		token := f.Source(v.Range)
		if open := strings.IndexByte(token, '"') + 1; open > 0 && strings.TrimRight(token[open:], `"`) == v.Text {
			p.at = source.Span{Start: p.at.Start + open, End: p.at.Start + open + len(v.Text)}
			p.literal = true
		}
	}
	return p
}

// strings returns the values of a list, or of a single string. What is not known
// is remarked on, and known is false.
func (s *codeSite) strings(field string, values ...cfamily.Value) (parts []part, known bool) {
	known = true
	for i := range values {
		if s.conf.left--; s.conf.left <= 0 {
			return parts, false
		}
		switch v := &values[i]; v.Kind {
		case cfamily.StringValue:
			parts = append(parts, s.code.partOf(v))
		case cfamily.NullValue:
		case cfamily.ListValue:
			more, all := s.strings(field, v.Items...)
			for k := range more {
				if v.Range != v.Used { // the list is a constant
					more[k].at, more[k].literal = s.code.Span(v.Used), false
				}
			}
			parts, known = append(parts, more...), known && all
		default:
			s.dynamic(field, v)
			known = false
		}
	}
	return parts, known
}

// durationUnits are the functions that make a duration of a number.
var durationUnits = map[string]time.Duration{
	"ofSeconds": time.Second, "ofMinutes": time.Minute, "ofHours": time.Hour, "ofDays": 24 * time.Hour,
	"FromSeconds": time.Second, "FromMinutes": time.Minute, "FromHours": time.Hour, "FromDays": 24 * time.Hour,
}

// durationCall matches a duration such as Duration.ofMinutes(30).
var durationCall = lazyregexp.New(`^(?:[A-Za-z_.]+\.)?(?:Duration|TimeSpan)\.(\w+)\(\s*([0-9_]{1,12})(?:\.0)?\s*[lLdD]?\s*\)$`)

// timeSpan matches new TimeSpan(1, 30, 0).
var timeSpan = lazyregexp.New(`^new\s+(?:System\.)?TimeSpan\(\s*([0-9]{1,6})\s*,\s*([0-9]{1,6})\s*,\s*([0-9]{1,6})\s*\)$`)

// seconds reads how long browsers may remember a preflight: a number of seconds,
// or a duration.
func (s *codeSite) seconds(r cfamily.Range) {
	v, at, text := s.code.Value(r), s.code.Span(r), s.code.Source(r)
	var age time.Duration
	if m := durationCall.FindStringSubmatch(text); m != nil && durationUnits[m[1]] > 0 {
		n, err := strconv.ParseInt(strings.ReplaceAll(m[2], "_", ""), 10, 40)
		if err != nil || n > int64(longest/time.Second) {
			n = int64(longest / time.Second)
		}
		age = time.Duration(n) * durationUnits[m[1]]
	} else if m := timeSpan.FindStringSubmatch(text); m != nil {
		for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
			n, _ := strconv.Atoi(m[i+1])
			age += time.Duration(n) * unit
		}
	} else if text == "TimeSpan.Zero" || text == "Duration.ZERO" {
		age = 0
	} else if v.Kind != cfamily.NumberValue {
		s.dynamic("max_age", &v)
		return
	} else if n, err := strconv.ParseInt(v.Text, 10, 40); err != nil || n < 0 {
		s.remark(Lost, "max_age", shorten(text)+" is not a number of seconds.", at)
		return
	} else {
		age = min(time.Duration(n), 2*longest/time.Second) * time.Second
	}
	if age > longest {
		s.remark(Differs, "max_age", "Browsers remember a preflight for a day at most.", at)
		age = longest
	}
	s.entry("max_age", age.String(), at)
}

// anyHeader is about the header *, for which a stack repeats what
// a preflight asks for.
func (s *confSite) anyHeader(at source.Span, byDefault bool) {
	s.add("allow_headers", "*", at, byDefault)
	if !s.credentials {
		s.add("allow_headers", "Authorization", at, byDefault)
	}
}

// prefixOf returns the prefix of the paths that a pattern of Spring such as
// /api/** is for; "" for all.
func prefixOf(pattern string) string {
	before, _, _ := strings.Cut(pattern, "*")
	before, _, _ = strings.Cut(before, "{")
	if before == "/" || !strings.HasPrefix(before, "/") {
		return ""
	}
	return before
}
