package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// withoutOrphans returns the edits of a file so that each one that takes lines away
// takes the comments right above them, too, if those speak only of CORS and nothing
// of CORS follows. mark is what begins a comment that ends with its line.
func withoutOrphans(f *source.File, edits []source.Edit, mark string) []source.Edit {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b source.Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	for i := 0; i < len(edits); {
		last := i // of the edits that take away lines one after the other
		for last+1 < len(edits) && strings.TrimSpace(f.Text[edits[last].End:max(edits[last].End, edits[last+1].Start)]) == "" {
			last++
		}
		if start, ok := orphan(f, edits[i:last+1], mark); ok && (i == 0 || edits[i-1].End <= start) {
			edits[i].Start = start
			edits[last].End = pastBlank(f, start, edits[last].End)
		}
		i = last + 1
	}
	return edits
}

// orphan returns where the comments above edits begin, if they are to go.
func orphan(f *source.File, edits []source.Edit, mark string) (start int, ok bool) {
	first, last := edits[0], edits[len(edits)-1]
	if slices.ContainsFunc(edits, func(e source.Edit) bool { return e.New != "" }) {
		return 0, false
	}
	line := f.LineStart(first.Start)
	end := last.End
	if end != f.LineStart(end) {
		end = f.LineEnd(end)
	}
	if strings.TrimSpace(f.Text[line:first.Start]+f.Text[last.End:end]) != "" {
		return 0, false
	}
	start = line
	for start > 0 {
		above := f.LineStart(start - 1)
		text, isComment := commentOf(f.Text[above:start], mark)
		if !isComment {
			break
		}
		if !onlyOfCORS(text) {
			return 0, false
		}
		start = above
	}
	return start, start < line && !speaksOfCORS(f.Text[end:f.LineEnd(end)])
}

// pastBlank returns the end of what is taken away from a start: with the empty line
// after it, if there is one before it, or a block begins.
func pastBlank(f *source.File, start, end int) int {
	before := f.Text[:start]
	next := f.LineEnd(end)
	opens := strings.HasSuffix(strings.TrimRight(before, " \t\r\n"), "{")
	if end == f.LineStart(end) && next > end && strings.TrimSpace(f.Text[end:next]) == "" && (blankBefore(before) || opens) {
		return next
	}
	return end
}

// commentOf returns the text of a line that is a comment.
func commentOf(line, mark string) (text string, ok bool) {
	line = strings.TrimSpace(line)
	if text, ok = strings.CutPrefix(line, mark); ok {
		return text, true
	}
	text, ok = strings.CutPrefix(line, "/*")
	if ok && mark == "//" && strings.Index(text, "*/") == len(text)-2 {
		return text[:len(text)-2], true
	}
	return "", false
}

// speaksOfCORS reports whether a text has one of the words that are only about
// CORS.
func speaksOfCORS(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"cors", "cross-origin", "cross origin", "access-control-", "preflight"}, func(word string) bool { return strings.Contains(text, word) })
}

// onlyOfCORS reports whether a comment is about CORS and nothing else.
func onlyOfCORS(text string) bool {
	if !speaksOfCORS(text) {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' && r != '\'' })
	return !slices.ContainsFunc(words, func(word string) bool {
		return !strings.HasPrefix(word, "access-control-") && strings.Trim(word, "-") != "" && !slices.Contains(aboutCORS, strings.Trim(word, "-"))
	})
}

// aboutCORS are the words that comments about CORS have.
var aboutCORS = strings.Fields(`cors cross-origin cross origin origins preflight preflights options header headers
	allow allows allowed allowing enable enables enabled enabling add adds added set sets setting settings setup configure configuration config handle handles
	handling support middleware policy rules rule manual manually hand simple basic custom old
	request requests response responses call calls resource resources sharing access domain domains browser browsers client clients frontend front-end front end
	map maps list whitelist allowlist any all every everyone everything everybody other only here our the a an and or for from to of by with in on this that we us it is are so can must
	app api dev development local localhost production server react angular vue todo fixme note`)
