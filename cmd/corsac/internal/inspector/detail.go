package inspector

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// detail is all that is known about an exchange.
type detail struct {
	Row      row    `json:"row"`
	URL      string `json:"url"`
	Protocol string `json:"protocol"`
	// Masked says that the URL is masked.
	Masked   bool    `json:"masked"`
	Request  []line  `json:"request"`
	Response []line  `json:"response"`
	Duration float64 `json:"duration"` // in milliseconds
	Cut      bool    `json:"cut"`      // something was too long to be kept

	Sent    string           `json:"sent"` // URL that the upstream got
	Changes []rewrite.Change `json:"changes"`
	// Failure is why corsac answered itself, and Fix what to do about it.
	Failure string `json:"failure"`
	Fix     string `json:"fix"`

	Judgement judgement `json:"judgement"`
	// Request in production.
	Page    string   `json:"page"`
	Server  string   `json:"server"`
	Reasons []string `json:"reasons"` // why a preflight is needed
	Diagram []step   `json:"diagram"`
	Opinion []saying `json:"browsers"`
	Notes   []string `json:"notes"`

	Findings []advice `json:"findings"`
	Remedy   []remedy `json:"remedy"`          // changes to the policy
	Stack    string   `json:"stack,omitempty"` // that the response shows

	Curl  string `json:"curl"`
	Check string `json:"check"`
	// Ask says that the server can be asked what decides; it is at Upstream.
	Ask      bool   `json:"ask"`
	Upstream string `json:"upstream"`
	// Question is for the playground; nil if there is none, or CORS does not apply.
	Question *question `json:"question"`
}

// line is a header line.
type line struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Masked bool   `json:"masked"`
}

// saying is what a browser does and says.
type saying struct {
	Name    string       `json:"name"`
	State   State        `json:"state"`
	Why     string       `json:"why"`
	Console string       `json:"console"`
	Script  string       `json:"script"` // what script sees
	Steps   []fetch.Step `json:"steps"`
	Sure    string       `json:"sure"` // how well the engine knows this browser
}

// advice is a finding.
type advice struct {
	Title    string           `json:"title"`
	Why      string           `json:"why"`
	Severity verdict.Severity `json:"severity"`
	Sure     string           `json:"sure"`
	Evidence []string         `json:"evidence"`
	Fix      []part           `json:"fix"`
	Stack    []part           `json:"stack"` // the fix on the chosen stack
	Where    string           `json:"where"`
}

// part is a paragraph, or lines to paste.
type part struct {
	Text string `json:"text"`
	Code bool   `json:"code"`
}

// known browsers: how sure the engine is.
var sureness = map[fetch.Profile]string{
	fetch.Chromium: "tested against recordings of Chromium 156",
	fetch.Firefox:  "tested against recordings of Firefox ESR 153",
	fetch.Safari:   "follows WebKit's source; not tested against a Safari",
}

// serveExchange responds with the details of an exchange. The query parameter stack
// names the server's kind, for fixes.
func (in *Inspector) serveExchange(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	x, ok := in.ring.Get(id)
	if err != nil || !ok {
		refuse(w, http.StatusNotFound, "gone", "this request is no longer in the list")
		return
	}
	respond(w, http.StatusOK, in.detailOf(in.now(), &x, stacks.Lookup(r.URL.Query().Get("stack"))))
}

func (in *Inspector) detailOf(w *world, x *record.Exchange, chosen *stacks.Stack) *detail {
	s := in.subjectOf(w, x)
	d := &detail{
		Row: in.rowOf(w, x), URL: x.URL, Protocol: x.Protocol, Duration: milliseconds(x.Duration), Cut: x.Cut,
		Request: in.lines(x, record.PartRequest), Response: in.lines(x, record.PartResponse),
		Sent: x.Proxied.Sent, Changes: append([]rewrite.Change{}, x.Proxied.Changes...),
		Judgement: w.judge(&s, in.preflightOf, true), Reasons: []string{}, Opinion: []saying{}, Notes: []string{}, Findings: []advice{}, Remedy: []remedy{},
		Upstream: originOfURL(x.Proxied.URL()),
		Curl:     curl(x), Failure: x.Proxied.Failure, Fix: x.Proxied.Fix,
	}
	_, d.Masked = in.ring.Reveal(x.ID, record.PartURL, 0)
	if s.request != nil {
		d.Page, d.Server = s.page.Origin, s.server(w)
		c := check.Case{Request: s.request}
		d.Check = c.Command(s.request.URL, s.page.Origin)
	}
	if in.playground != nil {
		d.Question = in.questionOf(w, &s, &d.Judgement)
	}
	d.Diagram, d.Ask = diagramOf(&s, &d.Judgement), in.canAsk(&s, &d.Judgement)
	if d.Judgement.Basis == byPolicy && d.Judgement.State == Blocked {
		d.Remedy = w.lacking(&s)
	}
	if len(d.Judgement.Browsers) > 0 {
		d.explain(x, chosen, func() *cors.Policy { return in.tightest(w, x) })
	}
	return d
}

// lines returns the header lines of a message, and which of them can be revealed.
func (in *Inspector) lines(x *record.Exchange, p record.Part) []line {
	headers := x.Headers
	if p == record.PartResponse {
		headers = x.ResponseHeaders
	}
	lines := []line{}
	for i, h := range headers {
		_, masked := in.ring.Reveal(x.ID, p, i)
		lines = append(lines, line{h.Name, h.Value, masked})
	}
	return lines
}

// explain adds what browsers say, and what to do. policy returns one that allows what
// was seen of the server, or nil.
func (d *detail) explain(x *record.Exchange, chosen *stacks.Stack, policy func() *cors.Policy) {
	j := &d.Judgement
	for i := range j.Browsers {
		b, v := &j.Browsers[i], j.Browsers[i].Verdict
		said := saying{Name: b.Name, State: b.State, Sure: sureness[profiles[i]], Steps: v.Steps}
		if b.State == Blocked || b.State == Failed {
			said.Why, said.Console, said.Script = v.Why(), v.Console(), v.ScriptSees()
		}
		d.Opinion = append(d.Opinion, said)
	}
	v := worstOf(j.Browsers).Verdict
	d.Reasons = append(d.Reasons, v.Preflight.Reasons...)
	d.Notes = append(d.Notes, v.Notes...)
	for _, match := range stacks.Recognize([]stacks.Seen{{Method: x.Method, URL: x.URL, Status: x.Status, Headers: x.ResponseHeaders}}) {
		d.Stack = match.Stack.Name
	}
	if chosen == nil {
		chosen = stacks.Lookup(d.Stack)
	}
	if j.Basis == byPolicy {
		return // the server is not what decides
	}
	for _, f := range v.Findings {
		d.Findings = append(d.Findings, adviceOf(&f, chosen, policy))
	}
}

func adviceOf(f *verdict.Finding, on *stacks.Stack, policy func() *cors.Policy) advice {
	a := advice{Title: f.Title, Why: f.Why, Severity: f.Severity, Sure: string(f.Confidence), Evidence: f.Evidence, Fix: partsOf(f.Fix.Text), Stack: []part{}, Where: f.Fix.Where}
	if on != nil && f.Severity == verdict.SeverityError {
		fix := stacks.FixFor(on, f.Cause, policy())
		a.Stack, a.Where = partsOf(fix.Text), fix.Where
	}
	return a
}

func partsOf(text string) []part {
	parts := []part{}
	for _, p := range finding.Parts(text) {
		parts = append(parts, part{p.Text, p.Code})
	}
	return parts
}

// placeholder stands for secrets in commands. It goes where they go.
const placeholder = check.Placeholder

// curl returns a command that sends a recorded request again, with [placeholder] for
// what is masked.
func curl(x *record.Exchange) string {
	words := []string{"curl", "-i"}
	if x.Method != http.MethodGet {
		words = append(words, "-X", x.Method)
	}
	for _, h := range x.Headers {
		name := strings.ToLower(h.Name)
		if slices.Contains([]string{"host", "connection", "content-length", "accept-encoding"}, name) {
			continue
		}
		value := unmarked(name, h.Value)
		if value == "" {
			words = append(words, "-H", h.Name+";")
			continue
		}
		words = append(words, "-H", h.Name+": "+value)
	}
	if x.RequestBytes != 0 && x.Method != http.MethodGet && x.Method != http.MethodHead {
		words = append(words, "--data-binary", "@BODY")
	}
	if strings.ContainsAny(x.URL, "[]{}") {
		words = append(words, "-g")
	}
	return shell.Command(append(words, strings.ReplaceAll(x.URL, mask.Mark, placeholder)))
}

// unmarked puts the placeholder where a value is masked.
func unmarked(name, value string) string {
	if name != "cookie" && !mask.IsSecretHeader(name) {
		return value
	}
	words := strings.FieldsFunc(value, func(r rune) bool { return r == ' ' })
	for i, word := range words {
		if before, ok := strings.CutSuffix(strings.TrimSuffix(word, ";"), mask.Mark); ok {
			key, _, named := strings.Cut(before, "=")
			end := strings.Repeat(";", strings.Count(word, ";"))
			if words[i] = placeholder + end; named {
				words[i] = key + "=" + words[i]
			}
		}
	}
	return strings.Join(words, " ")
}
