package inspector

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// actor is a lane of the diagram.
type actor string

// The actors, from left to right.
const (
	script  actor = "script"
	browser actor = "browser"
	server  actor = "server"
)

// step is an arrow of the diagram, or what an actor does by itself if From is To.
type step struct {
	From  actor  `json:"from"`
	To    actor  `json:"to"`
	Title string `json:"title"`
	Text  string `json:"text"`
	// State is "" for what simply happens, "ok" for a check that is passed, "bad" for
	// the step that blocks the request, "unknown" for what nobody knows, and "never"
	// for what does not happen any more.
	State string `json:"state"`
}

// diagramOf draws the conversation in the browser that a judgement rests on.
func diagramOf(s *subject, j *judgement) []step {
	x := s.exchange
	if len(j.Browsers) == 0 {
		return []step{
			{browser, server, x.Method + " " + targetOf(x.URL), "", ""},
			{server, browser, statusOf(x.Status), j.Why, "ok"},
		}
	}
	worst := worstOf(j.Browsers)
	d := drawing{court: &court{subject: s}, decision: worst, verdict: worst.Verdict, state: worst.State}
	return d.draw()
}

// drawing draws one verdict.
type drawing struct {
	*court

	decision *decision
	verdict  *verdict.Verdict
	state    State
	steps    []step
}

func (d *drawing) add(from, to actor, title, text, state string) {
	d.steps = append(d.steps, step{from, to, title, text, state})
}

func (d *drawing) draw() []step {
	v := d.verdict
	target := targetOf(v.Request.URL)
	d.add(script, browser, "fetch", v.Request.Method+" "+target, "")
	for i := range v.Wire {
		d.exchange(&v.Wire[i], i == len(v.Wire)-1)
	}
	asksOnly := len(v.Wire) > 0 && v.Wire[len(v.Wire)-1].Kind == fetch.KindPreflight
	switch d.state {
	case Blocked, Failed:
		if len(v.Wire) == 0 {
			d.add(browser, browser, "Refused before anything is sent", d.decision.Why, "bad")
		}
		if asksOnly {
			d.add(browser, server, v.Request.Method+" "+target, "Never sent", "never")
		}
		d.add(browser, script, v.ScriptSees(), "The script learns nothing else", "bad")
	case Unknown:
		d.add(browser, script, "Unknown", "It depends on what the server says", "unknown")
	case Allowed:
		if v.Response != nil {
			d.add(browser, script, "The script gets the response", responseText(v.Response), "ok")
		}
	}
	return d.steps
}

// exchange draws a request on the wire with its response.
func (d *drawing) exchange(w *verdict.Wire, last bool) {
	title, text := w.Method+" "+targetOf(w.URL), "from "+d.page.Origin
	if w.Kind == fetch.KindPreflight {
		title, text = "Preflight: OPTIONS "+targetOf(w.URL), d.question()
	}
	d.add(browser, server, title, text, "")
	switch {
	case w.Status != 0:
		d.answer(w, last)
	case d.state == Failed:
		d.add(server, browser, "No response", w.Error, "bad")
	default:
		d.add(server, browser, "Not asked", "The server has not been asked this", "unknown")
	}
}

// question is what a preflight asks.
func (d *drawing) question() string {
	method := d.verdict.Request.Method
	text := "May " + d.page.Origin + " send " + method
	if headers := strings.TrimPrefix(strings.TrimPrefix(d.reasons(d.verdict), method), ", "); headers != "" {
		text += " with " + headers
	}
	return text + "?"
}

// answer draws a response and the browser's check of it.
func (d *drawing) answer(w *verdict.Wire, last bool) {
	d.add(server, browser, statusOf(w.Status), corsHeaders(w.ResponseHeaders), "")
	switch {
	case last && d.state == Blocked:
		title := "The browser hides the response"
		if w.Kind == fetch.KindPreflight {
			title = "The browser stops here"
		}
		d.add(browser, browser, title, d.decision.Why, "bad")
	case w.Kind == fetch.KindPreflight:
		d.add(browser, browser, "Permission granted", "", "ok")
	case w.Status >= 300 && w.Status < 400 && w.Status != http.StatusNotModified:
		d.add(browser, browser, "A redirect, which it follows", "", "ok")
	}
}

func statusOf(status int) string {
	if status == 0 {
		return "No response"
	}
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// corsHeaders returns the headers of CORS, a line each.
func corsHeaders(headers fetch.Headers) string {
	var lines []string
	for _, h := range headers {
		if strings.HasPrefix(strings.ToLower(h.Name), "access-control-") {
			lines = append(lines, verdict.Printable(h.Name+": "+h.Value))
		}
	}
	if len(lines) == 0 {
		return "no CORS headers"
	}
	return strings.Join(lines, "\n")
}

func responseText(r *verdict.Response) string {
	if r.Type == fetch.TypeOpaque {
		return "but cannot read it (mode no-cors)"
	}
	return "status " + strconv.Itoa(r.Status) + " and the headers that are exposed"
}
