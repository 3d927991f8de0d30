package config

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// Limits bound what clients may take. 0 stands for the default.
type Limits struct {
	// HeaderBytes is how long the target and the headers of a request may be together,
	// as HTTP/2 counts: each header counts 32 bytes more than its name and value.
	HeaderBytes int64
	// Connections is how many clients may be connected at once. The default depends on
	// how many files the process may have open.
	Connections int
	// HeaderTimeout is how long a handshake, and then the header of a request, may take
	// to arrive.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a connection may be without a request.
	IdleTimeout time.Duration
	// BodyTimeout is how long a client may pause while it sends a body and gets
	// nothing.
	BodyTimeout time.Duration
	// ResponseTimeout is how long a client may take nothing of a response that waits
	// for it.
	ResponseTimeout time.Duration
}

// DefaultLimits apply where a file says nothing.
var DefaultLimits = Limits{
	HeaderBytes: 128 << 10, HeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
	BodyTimeout: 5 * time.Minute, ResponseTimeout: 5 * time.Minute,
}

// WithDefaults returns the limits with their defaults in place, but for that of
// Connections.
func (l Limits) WithDefaults() Limits {
	for _, t := range l.times() {
		if *t.of(&l) == 0 {
			*t.of(&l) = *t.of(&DefaultLimits)
		}
	}
	if l.HeaderBytes == 0 {
		l.HeaderBytes = DefaultLimits.HeaderBytes
	}
	return l
}

// limitTime is a field of limits that is a duration.
type limitTime struct {
	name string
	of   func(*Limits) *time.Duration
}

func (Limits) times() []limitTime {
	return []limitTime{
		{"header_timeout", func(l *Limits) *time.Duration { return &l.HeaderTimeout }},
		{"idle_timeout", func(l *Limits) *time.Duration { return &l.IdleTimeout }},
		{"body_timeout", func(l *Limits) *time.Duration { return &l.BodyTimeout }},
		{"response_timeout", func(l *Limits) *time.Duration { return &l.ResponseTimeout }},
	}
}

// What header_bytes may be. Cookies of one site may have some 200 KiB in a browser, and
// a gateway holds as many headers as it has clients.
const (
	minHeaderBytes = 8 << 10
	maxHeaderBytes = 1 << 20
	maxConnections = 1_000_000
)

// limits reads the limits of a gateway.
func (r *reader) limits(to *Limits) func(yamlread.Value) {
	return func(v yamlread.Value) {
		known := yamlread.Fields{
			"header_bytes": func(v yamlread.Value) {
				r.size(&to.HeaderBytes)(v)
				if n := to.HeaderBytes; n != 0 && (n < minHeaderBytes || n > maxHeaderBytes) {
					r.Refuse(v.Place, Error{Code: CodeLimitInvalid, Value: writeSize(n), Why: "headers of requests need some room, and each connection may take that much", Fix: `write a size from 8KiB to 1MiB, such as "64KiB"`})
				}
			},
			"connections": func(v yamlread.Value) {
				before := r.Mistakes()
				r.Int(&to.Connections, "10000")(v)
				if n := to.Connections; r.Mistakes() == before && !v.IsUnset() && (n < 1 || n > maxConnections) {
					r.Refuse(v.Place, Error{Code: CodeLimitInvalid, Value: strconv.Itoa(n), Why: "it is not a number of connections", Fix: "write one from 1 to 1000000, such as 10000"})
				}
			},
		}
		for _, t := range to.times() {
			known[t.name] = r.Duration(t.of(to))
		}
		r.Fields(v, known, false)
	}
}

// write writes the limits that are set.
func (l Limits) write(b *bytes.Buffer) {
	if l == (Limits{}) {
		return
	}
	b.WriteString("  limits:\n")
	writeSizeField(b, "    header_bytes: ", l.HeaderBytes)
	if l.Connections != 0 {
		fmt.Fprintf(b, "    connections: %d\n", l.Connections)
	}
	for _, t := range l.times() {
		if d := *t.of(&l); d != 0 {
			fmt.Fprintf(b, "    %s: %s\n", t.name, yamlread.WriteDuration(d))
		}
	}
}

// units are those of sizes, the largest that has no fraction first.
var units = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"B", 1}}

// size reads a number of bytes, such as 10MB or 64KiB, which is at least one.
func (r *reader) size(to *int64) func(yamlread.Value) {
	return func(v yamlread.Value) {
		if v.IsUnset() {
			return
		}
		text, scalar := v.Text()
		n, ok := parseSize(text)
		switch {
		case !scalar:
			r.RefuseType(v, "a size", `write one such as "10MB"`)
		case !ok:
			r.RefuseText(v, Error{Code: CodeSizeInvalid, Value: text, Why: "it is not a size", Fix: sizeFix(text)})
		case n < 1:
			r.Refuse(v.Place, Error{Code: CodeSizeInvalid, Value: text, Why: "it leaves no room", Fix: `write one such as "10MB", or leave the field out`})
		default:
			*to = n
		}
	}
}

// parseSize returns the number of bytes of a size.
func parseSize(text string) (n int64, ok bool) {
	digits := strings.TrimRight(text, "BGKMi ")
	factor := int64(1)
	if unit := strings.TrimLeft(text[len(digits):], " "); unit != "" {
		factor = 0
		for _, u := range units {
			if u.name == unit {
				factor = u.bytes
			}
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || factor == 0 || n > math.MaxInt64/factor {
		return 0, false
	}
	return n * factor, true
}

// sizeFix says how to write what may be meant with a size: nginx has 10m, and Caddy
// 10mb.
func sizeFix(text string) string {
	digits := strings.TrimRight(text, "bBgGkKmMiI ")
	unit := strings.TrimLeft(strings.ToUpper(text[len(digits):]), " ")
	unit = strings.Trim(unit[:min(1, len(unit))], "BI")
	if _, ok := parseSize(digits + unit + "iB"); ok {
		return fmt.Sprintf("write %q for units of 1024, or %q for units of 1000", digits+unit+"iB", digits+unit+"B")
	}
	if _, ok := parseSize(digits + "B"); ok && unit == "" && digits != text {
		return fmt.Sprintf("write %q", digits+"B")
	}
	return `write one such as "10MB" or "64KiB"`
}

// writeSize returns a size as it is written.
func writeSize(n int64) string {
	for _, u := range units {
		if n%u.bytes == 0 && n != 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return "0B"
}

func writeSizeField(b *bytes.Buffer, name string, n int64) {
	if n != 0 {
		b.WriteString(name + writeSize(n) + "\n")
	}
}
