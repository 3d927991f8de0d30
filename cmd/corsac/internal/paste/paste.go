// Package paste reads requests that people copy from a browser's developer
// tools or write themselves: curl commands and fetch calls.
//
//   - Nothing is run, no file is read, and no environment variable is looked
//     up. If a paste refers to one, the error says what to write instead.
//   - What the browser added to the request is removed again: a request is what
//     script asked for.
//   - It is pure: no I/O, no clock. Texts have at most [MaxInput] bytes, and no
//     input makes it panic.
package paste

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
)

// MaxInput is the greatest length of a paste, in bytes.
const MaxInput = 8 << 20

// maxRequests bounds the requests of a paste; "Copy all" copies whole page
// loads. maxCommands bounds all its commands, including those that are not
// curl.
const (
	maxRequests = 10_000
	maxCommands = 2 * maxRequests
)

var errTooMany = &problem{what: fmt.Sprintf("the paste has more than %d requests", maxRequests), hint: "copy fewer requests"}

// Format is the form of a paste.
type Format string

// The formats. Curl is for a POSIX shell or for cmd.exe; the quotes decide
// which.
const (
	Auto  Format = "auto"
	Curl  Format = "curl"
	Fetch Format = "fetch"
)

// Request is a copied request.
type Request struct {
	// Script is what script asked for.
	Script *fetch.Request
	// Body is the body in bytes; nil if there is none.
	Body []byte
	// Page is the page of the script. Its origin and URL are empty if the paste
	// does not have them.
	Page fetch.PageConfig
	// Cookie is the Cookie header, and UserAgent the User-Agent header. They
	// are "" if the paste does not have them.
	Cookie, UserAgent string
	// Insecure accepts any certificate. ConnectTo and Resolve are curl's
	// options of that name.
	Insecure           bool
	ConnectTo, Resolve []string

	// Preflight says that the copy was a preflight. Script is the request that
	// it asks about.
	Preflight bool
	// Navigation says that the browser loaded a document with this request.
	Navigation bool
	// Notes say what was read differently from what people may expect.
	Notes []string
}

// problem says what cannot be read, and where. [Parse] returns it as a finding.
type problem struct {
	line int    // from 1; 0 means the whole text
	what string // is wrong
	hint string // what to do about it
	name string // of the value that the paste leaves open, if that is what is wrong
}

// Error returns the problem and its line, without the hint.
func (p *problem) Error() string {
	if p.line == 0 {
		return p.what
	}
	return fmt.Sprintf("line %d of the paste: %s", p.line, p.what)
}

func (p *problem) mistakes() finding.Mistakes {
	return finding.Mistakes{{
		Cause: "paste", Severity: finding.Error, Confidence: finding.Certain, Title: p.Error(), Why: p.what, Evidence: []string{},
		Fix: finding.Fix{Text: p.hint}, Place: &finding.Place{Line: p.line},
	}}
}

// Hints that several errors have.
const (
	hintForms = `in the browser's network panel, choose "Copy as cURL" or "Copy as fetch" on the request`
	hintValue = "write its value; any value will do if only CORS matters"
	hintSet   = "write values into the paste, or add %s; any will do if only CORS matters"
)

// Values are what the user says that names in a paste stand for: variables of a shell
// without $ or %, and names or expressions of JavaScript as they are written.
type Values map[string]string

// ParseValues returns values that are each written as NAME=VALUE.
func ParseValues(texts []string) (Values, error) {
	values := Values{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if name = strings.Trim(strings.TrimSpace(name), "$%{}"); !ok || name == "" {
			return nil, fmt.Errorf("%q is not a name and its value; write NAME=VALUE, such as id=42", text)
		}
		values[name] = value
	}
	return values, nil
}

// maxOpen bounds the values that are named as open.
const maxOpen = 32

// given are values while a text is read.
type given struct {
	values Values
	used   map[string]bool // the names that the text has asked for
}

// get returns the value of a name for which the text has none.
func (g given) get(name string) (value string, ok bool) {
	if value, ok = g.values[name]; ok {
		g.used[name] = true
	}
	return value, ok
}

// unused returns the problem of values that a text has not asked for, such as a name with
// a typing error; nil if there are none.
func (g given) unused() error {
	names := slices.Sorted(maps.Keys(g.values))
	useless := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return g.used[name] })
	if len(useless) == 0 {
		return nil
	}
	hint := "it leaves none open; drop --set"
	if len(g.used) > 0 {
		hint = "the names that it leaves open: " + strings.Join(slices.Sorted(maps.Keys(g.used)), ", ")
	}
	return (&problem{what: "the paste has no use for a value of " + strings.Join(useless, ", "), hint: hint}).mistakes()
}

// Parse returns the requests of a paste, in order. There is at least one. The error is
// of type [finding.Mistakes]; it names every value that the paste leaves open and
// values does not have, or else those in values that it has no use for.
func Parse(text string, format Format, values Values) ([]*Request, error) {
	var open finding.Mistakes
	var names []string // of those that a text can stand for
	assumed := Values{}
	maps.Copy(assumed, values)
	for {
		g := given{assumed, map[string]bool{}}
		requests, err := read(text, format, g)
		p := (*problem)(nil)
		isProblem := errors.As(err, &p)
		switch _, again := assumed[nameOrNone(p)]; {
		case isProblem && p.name != "" && !again && len(open) < maxOpen: // go on as if it were known, to find the others
			assumed[p.name] = "1"
			names = append(names, p.name)
			if p.line == 0 {
				p.line = lineOf(text, p.name)
			}
			open = append(open, p.mistakes()...)
			continue
		case isProblem && len(open) == 0:
			return nil, p.mistakes()
		case isProblem && len(names) > 0: // the last must be more than a text
			names = names[:len(names)-1]
		case len(open) == 0 && err == nil:
			return requests, g.unused()
		case len(open) == 0:
			return nil, err
		}
		if len(names) > 0 {
			open[0].Fix.Text = fmt.Sprintf(hintSet, "--set "+strings.Join(names, "=… --set ")+"=…")
		}
		return nil, open
	}
}

// nameOrNone is the name of the value that a problem is about.
func nameOrNone(p *problem) string {
	if p == nil {
		return ""
	}
	return p.name
}

// lineOf returns the line of a text in which a name first stands by itself, or 0.
func lineOf(text, name string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return 0
		}
		begin, end := from+i, from+i+len(name)
		if (begin == 0 || !isNameByte(text[begin-1])) && (end == len(text) || !isNameByte(text[end])) {
			return 1 + strings.Count(text[:begin], "\n")
		}
		from = end
	}
}

func read(text string, format Format, values given) ([]*Request, error) {
	if len(text) > MaxInput {
		return nil, &problem{what: fmt.Sprintf("the paste has %d bytes; at most %d are allowed", len(text), MaxInput)}
	}
	text = unfenced(plain(text))
	if strings.TrimSpace(text) == "" {
		return nil, &problem{what: "the paste is empty", hint: hintForms}
	}
	if shell, curl := powershellCommand.Get().FindStringIndex(text), curlCommand.Get().FindStringIndex(text); shell != nil && (curl == nil || shell[0] <= curl[0]) {
		return nil, &problem{what: "this is a command for PowerShell", hint: hintForms}
	}
	if format == Auto {
		var err error
		if format, err = detect(text); err != nil {
			return nil, err
		}
	}
	if format == Curl {
		return parseCurl(halved(text), values)
	}
	return parseFetch(text, values)
}

// Noise from clipboards and terminals: colours, byte order marks, zero-width
// spaces, and the prompts of shells.
var (
	noise   = lazyregexp.New("\x1b\\[[0-9;]*m|\ufeff|\u200b")
	prompts = lazyregexp.New(`(?m)^[ \t]*(?:(?:PS )?[A-Za-z]:\\[^>\n]*>|[\w.-]+@[\w.-]+[: ][^\n$#]{0,200}[$#])[ \t]*(curl)`)
	goesOn  = lazyregexp.New(`(?m)([\\^][ \t]*\r?\n)> `)
)

// plain returns text without noise.
func plain(text string) string {
	if rest, ok := strings.CutPrefix(text, "\xff\xfe"); ok { // UTF-16, which PowerShell writes to files
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = uint16(rest[2*i]) | uint16(rest[2*i+1])<<8
		}
		text = string(utf16.Decode(units))
	}
	text = noise.Get().ReplaceAllString(text, "")
	return goesOn.Get().ReplaceAllString(prompts.Get().ReplaceAllString(text, "$1"), "$1")
}

// doubled are quotes that Windows or a spreadsheet has doubled around an argument.
var doubled = lazyregexp.New(`(?m)(^|\s)""([^"\n]+)""(\s|$)`)

// halved returns the text of a command without the quotes that were doubled around its
// arguments.
func halved(text string) string {
	return doubled.Get().ReplaceAllString(text, `$1"$2"$3`)
}

// unfenced returns text without the fence of a code block in Markdown.
func unfenced(text string) string {
	rest, fenced := strings.CutPrefix(strings.TrimSpace(text), "```")
	if !fenced {
		return text
	}
	_, rest, _ = strings.Cut(rest, "\n") // the rest of the line is the language
	inside, _, _ := strings.Cut(rest, "\n```")
	return inside
}

var (
	curlCommand       = lazyregexp.New(`(?m)(^|[\s;&|/\\(\x{a0}])curl(\.exe)?([\s\x{a0}^]|$)`)
	fetchCall         = lazyregexp.New(`\bfetch\s*\(`)
	powershellCommand = lazyregexp.New(`(?im)^\s*(Invoke-WebRequest|Invoke-RestMethod|iwr|irm|\$\w+\s*=\s*(New-Object|Invoke-\w+|@))\s|^\s*curl(\.exe)?\s+-Uri\b`)
	otherTool         = lazyregexp.New(`(?m)\b(axios|XMLHttpRequest|\$\.ajax|\$\.get|jQuery|superagent)\b|^\s*(wget|http|https|xh)\s`)
)

// elsewhere says what to do with a text of another kind, judging by its
// content.
func elsewhere(text string) *problem {
	text = strings.TrimSpace(text)
	switch other := otherTool.Get().FindString(text); {
	case strings.Contains(text, "blocked by CORS policy") || strings.Contains(text, "Cross-Origin Request Blocked"):
		return &problem{what: "this is a console message, not a request", hint: hintForms}
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		return &problem{what: "this is a URL", hint: "write: corsac check URL --origin ORIGIN"}
	case other != "":
		return &problem{what: fmt.Sprintf("%s is not supported", strings.TrimSpace(other)), hint: "write it as a fetch call; or, " + hintForms}
	}
	return &problem{what: "this is neither a curl command nor a fetch call", hint: hintForms}
}

// detect returns the format of a paste: that of the command or call that comes
// first.
func detect(text string) (Format, error) {
	curl, call := curlCommand.Get().FindStringIndex(text), fetchCall.Get().FindStringIndex(text)
	switch {
	case curl != nil && (call == nil || curl[0] < call[0]):
		return Curl, nil
	case call != nil:
		return Fetch, nil
	}
	return "", elsewhere(text)
}

// browsersOwn reports whether a browser made the headers, rather than a person
// who imitates one.
func browsersOwn(headers fetch.Headers) bool {
	if slices.ContainsFunc(headers, func(h fetch.Header) bool { return strings.HasPrefix(strings.ToLower(h.Name), "sec-") }) {
		return true // script cannot set these
	}
	if headers.Has("authority") {
		return true // of HTTP/2, as Chrome copied it
	}
	return strings.HasPrefix(headers.Get("User-Agent"), "Mozilla/") && (headers.Get("Accept-Language") != "" || headers.Get("Referer") != "")
}

// observed makes a request of one that a browser has sent.
func observed(method, url string, headers fetch.Headers) *Request {
	r := &Request{}
	recorded := &fetch.Recorded{WireRequest: fetch.WireRequest{Method: method, URL: url, Headers: headers}}
	r.Page, r.Script, _ = fetch.InferRequest(recorded)
	r.Cookie, r.UserAgent = headers.Get("Cookie"), headers.Get("User-Agent")
	switch mode := headers.Get("Sec-Fetch-Mode"); {
	case mode == "navigate":
		r.Navigation = true
		r.Notes = append(r.Notes, "this request loaded a document, to which CORS does not apply; it is checked as if script had made it")
	case recorded.IsPreflight():
		r.Preflight = true
		r.Notes = append(r.Notes, "this is a preflight, which browsers send by themselves; the request that it asks about is checked, with made-up header values, and sent only if it is GET or HEAD")
	}
	return r
}

// written makes a request of a curl command that a person wrote. All its
// headers are intended.
func written(method, url string, headers fetch.Headers) *Request {
	r := &Request{Script: &fetch.Request{URL: url, Method: method}}
	r.Page.Origin = headers.Get("Origin")
	r.Cookie, r.UserAgent = headers.Get("Cookie"), headers.Get("User-Agent")
	if r.Cookie != "" {
		r.Script.Credentials = fetch.CredentialsInclude
	}
	if referer := headers.Get("Referer"); referer != "" {
		r.Page.URL = referer
	}
	for _, h := range headers {
		switch strings.ToLower(h.Name) {
		case "origin", "cookie", "referer", "user-agent", "host", "content-length", "connection":
		default:
			r.Script.Headers = append(r.Script.Headers, h)
		}
	}
	return r
}

// withoutPreflights removes preflights whose request is in the list too. "Copy
// all" copies both.
func withoutPreflights(requests []*Request) []*Request {
	const unsaid = "OPTIONS" // the method of a copied preflight that does not say what it asks about
	type request struct{ method, url string }
	there := map[request]bool{}
	for _, r := range requests {
		if !r.Preflight {
			there[request{r.Script.Method, r.Script.URL}] = true
			there[request{unsaid, r.Script.URL}] = true
		}
	}
	return slices.DeleteFunc(requests, func(r *Request) bool { return r.Preflight && there[request{r.Script.Method, r.Script.URL}] })
}
