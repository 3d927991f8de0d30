package config

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// AccessLog says where a line for each request goes.
type AccessLog struct {
	// To is a file, or "stdout" or "stderr".
	To string
	// Sample is how many of the requests that are neither refused nor failed have a
	// line. Zero means all.
	Sample Share
	// Only, if not empty, are the requests that have a line at all.
	Only []string
	// Query says whether the path has its query.
	Query bool
}

// The words of [AccessLog.Only].
const (
	OnlyRefused = "refused" // what the policy or an option of a route refuses
	OnlyErrors  = "errors"  // statuses of 500 and more, and responses that broke off
)

// The streams that [AccessLog.To] may name.
const (
	ToStdout = "stdout"
	ToStderr = "stderr"
)

// Share is Of in In.
type Share struct{ Of, In uint32 }

// String returns it as files have it.
func (s Share) String() string { return fmt.Sprintf("%d/%d", s.Of, s.In) }

// parseShare reads a share such as 1/100, 1% or 0.5%, more than nothing and at most
// all.
func parseShare(text string) (s Share, ok bool) {
	of, in, isFraction := strings.Cut(text, "/")
	if percent, isPercent := strings.CutSuffix(text, "%"); isPercent {
		whole, decimals, _ := strings.Cut(percent, ".")
		of, in, isFraction = whole+decimals, "100"+strings.Repeat("0", len(decimals)), true
	}
	number := func(text string) uint32 {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return 0
		}
		return uint32(n)
	}
	s = Share{number(of), number(in)}
	return s, isFraction && s.Of > 0 && s.Of <= s.In
}

// accessLog reads where a line for each request goes.
func (r *reader) accessLog(v yamlread.Value) *AccessLog {
	a, before := &AccessLog{}, r.Mistakes()
	r.Fields(v, yamlread.Fields{
		"to":    r.Text(&a.To),
		"query": r.Bool(&a.Query),
		"sample": func(v yamlread.Value) {
			text, _ := v.Text()
			var ok bool
			if a.Sample, ok = parseShare(text); !ok {
				r.Refuse(v.Place, Error{Code: CodeAccessLogInvalid, Value: text, Why: "it is not a share of the requests", Fix: "write one such as 1/100 or 1%"})
			}
		},
		"only": func(v yamlread.Value) {
			var places []yamlread.Place
			r.Texts(&a.Only, &places)(v)
			for i, word := range a.Only {
				if !slices.Contains([]string{OnlyRefused, OnlyErrors}, word) {
					r.Refuse(places[i], Error{Code: CodeAccessLogInvalid, Value: word, Why: "there is no such kind of requests", Fix: "write refused or errors"})
				}
			}
		},
	}, false)
	if a.To == "" && r.Mistakes() == before {
		r.Refuse(v.Place, Error{Code: CodeAccessLogInvalid, Why: "it does not say where the lines go", Fix: "write {to: stdout}, {to: stderr} or {to: FILE}"})
	}
	return a
}

// IsStream reports whether lines go to a stream rather than to a file.
func (a *AccessLog) IsStream() bool { return a.To == ToStdout || a.To == ToStderr }

// beside makes the name of a file relative to the folder of the configuration.
func (a *AccessLog) beside(file string) {
	if a == nil || a.To == "" || a.IsStream() || filepath.IsAbs(a.To) {
		return
	}
	if a.To = filepath.Join(filepath.Dir(file), a.To); a.IsStream() {
		a.To = "./" + a.To // a file with that name
	}
}

func (a *AccessLog) write(b *bytes.Buffer) {
	writeText(b, "  access_log:\n    to: ", a.To)
	if a.Sample != (Share{}) {
		writeText(b, "    sample: ", a.Sample.String())
	}
	if len(a.Only) > 0 {
		b.WriteString("    only:\n")
	}
	for _, word := range a.Only {
		writeText(b, "      - ", word)
	}
	if a.Query {
		b.WriteString("    query: true\n")
	}
}
