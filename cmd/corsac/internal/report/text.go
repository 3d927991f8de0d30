package report

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Style is how a terminal shows words.
type Style struct{ Good, Bad, Notice, Strong, Faint func(string) string }

// Text writes verdicts for people.
type Text struct {
	Out   io.Writer
	Style Style
	// Width is how long lines may be; 0 is as long as they are.
	Width int
	// Explain adds the steps, with the sections of the standard.
	Explain bool
}

var browserNames = map[string]string{"chrome": "Chrome", "firefox": "Firefox", "safari": "Safari", "standard": "the standard"}

// BrowserName is what people call a profile.
func BrowserName(profile string) string { return browserNames[profile] }

// Verdict writes v whole: the verdict in one line, the conversation, the console
// text, and what to change.
func (t *Text) Verdict(v *Verdict) {
	t.Headline("", v)
	t.paragraphs("note: ", v.Notes)
	for i := range v.Outcome.Wire {
		t.exchange(v, i)
	}
	if len(v.Wire) == 0 {
		t.line("")
		t.wrapped("  ", "Nothing was sent.")
	}
	t.readable(v)
	t.console(v)
	t.change(v)
	t.steps(v)
}

func (t *Text) line(s string) { fmt.Fprintln(t.Out, s) }

// paragraphs writes each text wrapped, with a label before it.
func (t *Text) paragraphs(label string, texts []string) {
	for _, text := range texts {
		t.wrapped(t.Style.Notice(label), text)
	}
}

// Headline writes the verdict in one line, behind a label.
func (t *Text) Headline(label string, v *Verdict) { t.headline(label, BrowserName(v.Profile), v) }

// HeadlineOfAll writes what the browsers of v say in one line, or in one for each if they differ.
func (t *Text) HeadlineOfAll(label string, v *Verdict) {
	names := BrowserName(v.Profile)
	for i, o := range v.Others {
		switch {
		case o.Result != v.Result:
			for _, v := range append([]*Verdict{v}, v.Others...) {
				t.Headline(label, v)
			}
			return
		case i == len(v.Others)-1:
			names += " and "
		default:
			names += ", "
		}
		names += BrowserName(o.Profile)
	}
	t.headline(label, names, v)
}

func (t *Text) headline(label, browser string, v *Verdict) {
	r := &v.Request
	who := safe(r.Method+" "+r.URL) + " from " + safe(r.Origin)
	say := func(style func(string) string, mark, word, text string) {
		t.wrapped(label+style(mark)+" ", style(word)+text)
	}
	switch {
	case v.Result == fetch.Allowed && v.Response == nil: // a dry run
		say(t.Style.Good, "✓", "allowed so far", " by "+browser+": "+who)
	case v.Result == fetch.Allowed:
		say(t.Style.Good, "✓", "allowed", " by "+browser+": "+who)
	case v.Result == fetch.Opaque:
		say(t.Style.Notice, "○", "opaque", " in "+browser+": "+who+", an answer that script cannot read")
	case v.Result == fetch.Failed:
		say(t.Style.Bad, "✗", "network error", ": "+who+": "+Explain(v.Outcome.Error.Code))
	default:
		say(t.Style.Bad, "✗", "blocked", " by "+browser+": "+who)
	}
}

// shownHeaders are the response headers that matter here.
var shownHeaders = []string{
	"access-control-", "vary", "location", "allow", "cross-origin-resource-policy", "timing-allow-origin", "content-type", "www-authenticate",
}

func isShown(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(shownHeaders, func(s string) bool {
		return name == s || strings.HasSuffix(s, "-") && strings.HasPrefix(name, s)
	})
}

// exchange writes one request of the conversation and its answer.
func (t *Text) exchange(v *Verdict, i int) {
	w := &v.Outcome.Wire[i]
	t.line("")
	kind := ""
	if w.Kind == fetch.KindPreflight {
		kind = "preflight"
		if len(v.Preflight.Reasons) > 0 && w.Hop == 0 {
			kind += ", for " + strings.Join(v.Preflight.Reasons, ", ")
		}
	}
	if i == 0 && v.Preflight.Cached {
		kind = "without a preflight: the answer to an earlier one is remembered"
	}
	t.requestLine(i, safe(w.Method+" "+w.URL), safe(kind))
	for _, h := range v.Wire[i].Headers {
		if t.wasAsked(v, w, h.Name) {
			t.header(t.Style.Faint(">"), h)
		}
	}
	if w.Err == nil {
		t.line("   " + t.Style.Faint("<") + " " + t.Style.Strong(statusText(w.Status)) + t.connection(&v.Wire[i]))
		for _, h := range w.ResponseHeaders {
			if isShown(h.Name) {
				t.header(t.judged(v, i, h.Name), h)
			}
		}
	}
	t.mark(v, i)
}

// requestLine writes a request line and a remark about it, which has a line of its own
// where there is no room.
func (t *Text) requestLine(i int, line, remark string) {
	label := fmt.Sprintf("%d  ", i+1)
	switch {
	case remark == "":
		t.wrapped(label, t.Style.Strong(line))
	case t.Width <= 0 || len(label)+width(line)+4+width(remark) <= t.Width:
		t.line(label + t.Style.Strong(line) + "  " + t.Style.Faint("("+remark+")"))
	default:
		t.wrapped(label, t.Style.Strong(line))
		t.wrapped("   ", t.Style.Faint("("+remark+")"))
	}
}

// connection says how an answer came.
func (t *Text) connection(w *verdict.Wire) string {
	if w.Remote == "" {
		return ""
	}
	parts := []string{w.Protocol, w.Remote}
	if w.TLS != "" {
		parts = append(parts, w.TLS)
	}
	return t.Style.Faint(fmt.Sprintf("  (%s, %.0f ms)", strings.Join(parts, ", "), w.Milliseconds))
}

// judged is the mark before a header of an answer.
func (t *Text) judged(v *Verdict, i int, name string) string {
	switch judge(v, i, name) {
	case passed:
		return t.Style.Good("✓")
	case refused:
		return t.Style.Bad("✗")
	default:
		return t.Style.Faint("<")
	}
}

// wasAsked reports whether a request header matters: what CORS is about, and what
// script has set.
func (t *Text) wasAsked(v *Verdict, w *fetch.Recorded, name string) bool {
	name = strings.ToLower(name)
	if name == "origin" || name == "cookie" || strings.HasPrefix(name, "access-control-request-") {
		return true
	}
	return w.Kind == fetch.KindActual && v.Request.Headers.Has(name)
}

func (t *Text) header(mark string, h fetch.Header) {
	t.wrapped("   "+mark+" ", safe(h.Name+": "+h.Value))
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// mark says what the browser made of an exchange.
func (t *Text) mark(v *Verdict, i int) {
	w, last := &v.Outcome.Wire[i], i == len(v.Outcome.Wire)-1
	switch {
	case last && v.Error != nil:
		t.wrapped("   "+t.Style.Bad("✗")+" ", Failure(v))
		if w.Kind == fetch.KindPreflight {
			t.wrapped("     ", "So "+safe(v.Request.Method)+" itself is not sent.")
		}
	case last && v.Response != nil:
		t.wrapped("   "+t.Style.Good("✓")+" ", "script gets a response of type "+string(v.Response.Type))
	case retried(v, i):
		t.wrapped("   "+t.Style.Notice("→")+" ", "asked once more: 421 says that the connection is not for this server")
	case w.Kind == fetch.KindPreflight:
		t.wrapped("   "+t.Style.Good("✓")+" ", "the preflight allows the request")
	case !last && v.Outcome.Wire[i+1].Hop > w.Hop:
		t.wrapped("   "+t.Style.Good("→")+" ", "redirected")
	}
}

// Failure says in a sentence what failed.
func Failure(v *Verdict) string {
	e := v.Outcome.Error
	switch {
	case e == nil:
		return ""
	case e.Err != nil:
		text := Explain(e.Code)
		if v.Error.Detail != "" {
			text += " (" + safe(v.Error.Detail) + ")"
		}
		return text
	}
	text := reasonOf(v)
	if text == "" {
		text = string(e.Reason)
	}
	if text == "" {
		text = Explain(e.Code)
	}
	return safe(strings.TrimSpace(text))
}

// reasonOf is the part of a console text that says why.
func reasonOf(v *Verdict) string {
	switch v.Profile {
	case "firefox":
		if _, reason, ok := strings.Cut(v.Error.Firefox, "(Reason: "); ok {
			return strings.ReplaceAll(reason, ").", ".")
		}
		return v.Error.Firefox
	case "safari":
		return v.Error.Safari
	}
	if _, reason, ok := strings.Cut(v.Error.Message, "has been blocked by CORS policy: "); ok {
		return reason
	}
	return v.Error.Message
}

// readable writes what script gets.
func (t *Text) readable(v *Verdict) {
	if v.Response != nil && v.Result == fetch.Allowed {
		var names []string
		for _, h := range v.Response.Headers {
			names = append(names, safe(h.Name))
		}
		t.line("")
		if len(names) == 0 {
			names = []string{"none"}
		}
		t.wrapped("Script can read: ", fmt.Sprintf("status %d, the body, and the headers: %s", v.Response.Status, strings.Join(names, ", ")))
	}
	for _, name := range sortedKeys(v.ReadHeaders) {
		mark := t.Style.Bad("✗ script cannot read")
		if v.ReadHeaders[name] {
			mark = t.Style.Good("✓ script can read")
		}
		t.line(mark + " " + safe(name))
	}
}

func sortedKeys(m map[string]bool) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// console writes the console text of the browser.
func (t *Text) console(v *Verdict) {
	if v.Error == nil {
		return
	}
	text := v.Error.Message
	switch v.Profile {
	case "firefox":
		text = v.Error.Firefox
	case "safari":
		text = v.Error.Safari
	}
	t.line("")
	t.line(t.Style.Strong("The console of " + BrowserName(v.Profile) + ":"))
	chromium := v.Profile == "chrome" || v.Profile == "standard"
	switch text = safe(strings.TrimSpace(text)); {
	case text == "" && chromium && strings.HasPrefix(v.Error.Code, "net::"):
		text = "Failed to load resource: " + v.Error.Code // what Chrome says of all that fails
	case text == "":
		text = "(nothing)"
	}
	t.wrapped("  ", text)
	t.wrapped("  ", "Script sees: "+safe(scriptSees(v.Outcome)))
}

// scriptSees is how a failure comes to script.
func scriptSees(o *fetch.Outcome) string {
	switch o.Request.Destination {
	case fetch.DestinationXHR:
		return "an error event, with status 0"
	case fetch.DestinationEventSource:
		return "an error event, with readyState 2 (CLOSED)"
	case fetch.DestinationWebSocket:
		return "an error event, then a close event with code 1006"
	case fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationModule, fetch.DestinationStyle:
		return "an error event at the element"
	case fetch.DestinationFont:
		return "nothing; the page is shown in another font"
	}
	return "TypeError: " + o.Error.Exception()
}

// change writes what a policy needs, and the lines that answers then have.
func (t *Text) change(v *Verdict) {
	what := "To allow it, the server's policy needs:"
	if v.Error == nil {
		what = "For script to read more, the server's policy needs:"
	}
	var policy [][2]string
	for i := range v.Change {
		if c := &v.Change[i]; c.Field != "preflight_status" { // which a policy has by itself
			policy = append(policy, [2]string{yamlLine(c), c.Why})
		}
	}
	if len(policy) > 0 {
		t.table(what, policy)
	}
	for _, answers := range [][2]string{
		{"every", "Every answer then has, errors included:"},
		{"preflight", "The answer to the preflight then has:"},
		{"actual", "The answer to the request then has:"},
	} {
		t.answersHave(v.Change, answers[0], answers[1])
	}
}

// answersHave writes the lines of one kind of answers.
func (t *Text) answersHave(changes []verdict.Change, on, title string) {
	for i := range changes {
		c := &changes[i]
		line := c.Header
		if c.Field == "preflight_status" {
			line = "status " + c.Values[0] + ", " + c.Why
		}
		if c.On != on || line == "" {
			continue
		}
		if title != "" {
			t.line("")
			t.line(t.Style.Strong(title))
			title = ""
		}
		t.wrapped("  ", safe(line))
	}
}

// table writes lines with a remark each: beside them, or above where there is no room.
func (t *Text) table(title string, rows [][2]string) {
	t.line("")
	t.line(t.Style.Strong(title))
	longest, remark := 0, 0
	for _, r := range rows {
		longest, remark = max(longest, width(safe(r[0]))), max(remark, width(r[1]))
	}
	beside := t.Width <= 0 || longest+remark+6 <= t.Width
	for _, r := range rows {
		text := safe(r[0])
		if beside {
			t.line("  " + text + strings.Repeat(" ", longest-width(text)) + "  " + t.Style.Faint("# "+r[1]))
			continue
		}
		t.wrapped(t.Style.Faint("  # "), t.Style.Faint(r[1]))
		t.line("  " + text) // whole, to be copied
	}
}

// steps writes the trace.
func (t *Text) steps(v *Verdict) {
	if !t.Explain || len(v.Steps) == 0 {
		return
	}
	t.line("")
	t.line(t.Style.Strong("Step by step, with the sections of https://fetch.spec.whatwg.org/:"))
	for _, s := range v.Steps {
		mark := t.Style.Good("✓")
		if !s.OK {
			mark = t.Style.Notice("·")
		}
		t.wrapped("  "+mark+" ", safe(s.Text)+"  "+t.Style.Faint("#"+s.Section))
	}
}

// Others writes a line for each of the other profiles.
func (t *Text) Others(verdicts []*Verdict) {
	t.line("")
	for _, v := range verdicts {
		word := t.Style.Bad("✗ " + string(v.Result))
		if v.Error == nil {
			word = t.Style.Good("✓ " + string(v.Result))
		}
		text := ""
		if v.Error != nil {
			text = ": " + Failure(v)
		}
		t.wrapped(fmt.Sprintf("%-12s", BrowserName(v.Profile))+" "+word, text)
	}
}

// yamlLine is a change as a line of corsac.yaml.
func yamlLine(c *verdict.Change) string {
	switch c.Field {
	case "allow_origins", "allow_methods", "allow_headers", "expose_headers":
		quoted := make([]string, len(c.Values))
		for i, v := range c.Values {
			quoted[i] = v
			if strings.ContainsAny(v, "*[]{},#&!|>'\"%@`: ") && !strings.HasPrefix(v, "http") || v == "null" {
				quoted[i] = fmt.Sprintf("%q", v)
			}
		}
		return c.Field + ": [" + strings.Join(quoted, ", ") + "]"
	default:
		return c.Field + ": " + strings.Join(c.Values, ", ")
	}
}
