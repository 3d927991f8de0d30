package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// explain makes the explanation of one message.
func (e *explainer) explain(r *reading) *Explanation {
	if r.slug == NotCORS {
		return e.isOther(r)
	}
	entry, _ := lookup(r.slug)
	r.possible()
	w := &words{Extract: r.Extract, slug: r.slug}
	x := &Explanation{
		Slug: r.slug, Kind: KindText, Title: w.fill(entry.Title), Means: w.fill(entry.Why), Extract: r.Extract, Findings: e.findings(r),
		Apart: entry.Apart, Check: r.check(), Notes: r.notes,
	}
	if (x.Apart == "" || r.Status != "" && slices.Contains(byStatus, r.slug)) && len(x.Findings) > 1 {
		x.Apart = "The message fits all of these; the server's responses decide."
	}
	e.fix(x)
	return x
}

// byStatus are the classes that the status of the response decides.
var byStatus = []string{"acao-missing", "preflight-acao-missing", "preflight-bad-status"}

// isOther explains a message that is not about CORS.
func (e *explainer) isOther(r *reading) *Explanation {
	w := &words{Extract: r.Extract}
	return &Explanation{
		Slug: NotCORS, Kind: KindText, Title: "This is not a CORS error", Means: w.fill(r.title) + ". No CORS header changes that.",
		Extract: r.Extract, Findings: []finding.Finding{},
	}
}

// mentions are words of texts that are about CORS.
var mentions = lazyregexp.New(`(?i)\bCORS\b|cross[- ]origin|access-control-|preflight|same[- ]origin`)

// cutOff returns the request of a message of Chrome that ends before the reason.
func cutOff(text string) *reading {
	const reason = "blocked by cors policy"
	r := &reading{rule: &rule{}}
	if i := strings.Index(lower(text), reason); i >= 0 {
		r.before = text[max(0, i-window):i+len(reason)] + ":"
		r.end = len(r.before)
		r.start = r.end
		r.frame()
	}
	return r
}

// The forms of input that has no message: a message that ends before its reason,
// lines of stacks, which name files such as cors.py, and a request that was
// copied.
var (
	beginning = lazyregexp.New(`(?im)\bblocked by CORS policy ?:?\s*$`)
	frameLine = lazyregexp.New(`(?m)^\s*(?:File ['"]|at ).*$|\S*[/\\]\S*`)
	request   = lazyregexp.New(`(?i)^\s*(?:[$%>#] )?(?:curl(?:\.exe)? |(?:await )?fetch\()`)
)

// unrecognised explains a text without a message that is known.
func (e *explainer) unrecognised(text string) *Explanation {
	x := &Explanation{
		Slug: NotCORS, Kind: KindText, Title: "This does not look like a CORS error", Findings: []finding.Finding{},
		Means: "It contains no message about CORS that corsac knows. If the browser's console shows a red line about the request, paste that line.",
	}
	switch {
	case strings.TrimSpace(text) == "":
		x.Title, x.Means = "There is nothing to explain", "Paste the red line of the browser's console."
	case request.MatchString(text):
		x.Title = "This is a request, and not a message"
		x.Means = "corsac check makes it as a browser does, and says what is wrong. It reads the request from a file, or from what you paste."
		x.Check = shell.Command([]string{"corsac", "check", "--from", "auto", "-", "--origin", cmp.Or(e.Origin, "ORIGIN")})
	case mentions.MatchString(frameLine.Get().ReplaceAllString(text, "")):
		e.mentioned(x, text)
	}
	return x
}

// mentioned explains a text that is about CORS.
func (e *explainer) mentioned(x *Explanation, text string) {
	x.Slug, x.Title = Unknown, "It is about CORS, but corsac does not know this message"
	x.Means = "It mentions CORS without one of the messages of browsers, servers and programs that corsac knows. To see what a browser does with the request, use corsac check."
	if beginning.MatchString(text) {
		x.Title = "This is the beginning of a message, without the reason"
		x.Means = "Browsers write the reason after \"blocked by CORS policy:\". Copy the whole line of the console, and paste it."
	}
	r := cutOff(text)
	r.Origin = cmp.Or(r.Origin, e.Origin)
	x.Extract, x.Check = r.Extract, r.check()
}

// findings are the causes of a message. The first is likely, or certain if there
// is no other.
func (e *explainer) findings(r *reading) []finding.Finding {
	list := []finding.Finding{}
	for i, slug := range r.causes {
		entry, _ := lookup(slug)
		w := &words{Extract: r.Extract, slug: slug}
		f := finding.Finding{
			Cause: slug, Severity: cmp.Or(entry.Severity, finding.Error), Confidence: finding.Possible,
			Title: w.fill(entry.Title), Why: w.fill(entry.Why), Evidence: []string{}, Fix: finding.Fix{Text: w.fill(cmp.Or(entry.Fix, entry.Apart))},
		}
		switch {
		case len(r.causes) == 1 && !r.filtered:
			f.Confidence = finding.Certain
		case i == 0:
			f.Confidence = finding.Likely
		}
		list = append(list, f)
	}
	return list
}

// fix puts what to do on the user's stack into the findings: the advice of each
// cause, and the configuration as a whole once.
func (e *explainer) fix(x *Explanation) {
	if len(e.Stacks) == 0 {
		return
	}
	policy := x.policy()
	shown := false
	for i := range x.Findings {
		f := &x.Findings[i]
		stack := e.stackFor(f.Cause)
		advice, special := stack.Advice[f.Cause]
		c := diagnose.Lookup(f.Cause)
		wanted := c != nil && c.NeedsPolicy
		if !special && (!wanted || shown) {
			continue
		}
		p := policy
		if shown && advice.Code == nil {
			p = nil // it is above
		}
		fix := stacks.FixFor(stack, f.Cause, p)
		if fix.Text == "" {
			continue
		}
		if !special {
			fix.Text = f.Fix.Text + "\n" + fix.Text
		}
		fix.Check = x.Check
		f.Fix = fix
		shown = shown || p != nil
	}
}

// stackFor returns the stack that a fix is for: the innermost that has advice
// about the cause, or the innermost. There is one at least.
func (e *explainer) stackFor(slug string) *stacks.Stack {
	for _, s := range slices.Backward(e.Stacks) {
		if _, ok := s.Advice[slug]; ok {
			return s
		}
	}
	return e.Stacks[len(e.Stacks)-1]
}

// policy is what the server should allow, or nil if the message does not say for
// whom.
func (x *Explanation) policy() *cors.Policy {
	o, err := origin.Parse(x.Extract.Origin)
	if err != nil || o.IsOpaque() {
		return nil
	}
	p := &cors.Policy{AllowOrigins: []string{x.Extract.Origin}, AllowCredentials: x.Extract.Credentials}
	try := func(change func(*cors.Policy)) {
		changed := *p
		change(&changed)
		if _, err := cors.New(changed); err == nil {
			*p = changed
		}
	}
	if _, err := cors.New(*p); err != nil {
		return nil
	}
	if m := x.Extract.Method; m != "" && m != "OPTIONS" {
		try(func(p *cors.Policy) { p.AllowMethods = []string{strings.ToUpper(m)} })
	}
	names := x.headers
	if h := x.Extract.Header; h != "" && len(names) == 0 {
		names = []string{h}
	}
	for _, name := range names {
		if x.Slug == "header-not-exposed" {
			try(func(p *cors.Policy) { p.ExposeHeaders = append(slices.Clip(p.ExposeHeaders), name) })
		} else {
			try(func(p *cors.Policy) { p.AllowHeaders = append(slices.Clip(p.AllowHeaders), name) })
		}
	}
	return p
}

// withoutCheck are messages about which a check of the request says no more.
var withoutCheck = []string{
	"canvas-tainted", "sri-needs-crossorigin", "frame-access-not-cors", "postmessage-target-origin", "forbidden-request-header", "url-with-credentials",
	"url-without-scheme", "file-origin-page", "blocked-by-extension", "request-cancelled", "third-party-cookies-blocked", "invalid-request", "unsupported-scheme",
	"same-origin-only", "service-worker-opaque", "stylesheet-needs-cors", "script-error-hidden",
}

// check returns the command that makes the request as a browser does. Words in
// capitals stand for what the message does not say.
func (r *reading) check() string {
	if slices.Contains(withoutCheck, r.slug) {
		return ""
	}
	url := cmp.Or(r.RedirectedFrom, r.URL, "URL")
	page := cmp.Or(r.Origin, "ORIGIN")
	command := []string{"corsac", "check", url, "--origin", page}
	if m := r.Method; m != "" && m != "GET" && m != "OPTIONS" {
		command = append(command, "-X", m)
	}
	switch h := strings.ToLower(r.Header); {
	case h == "" && !r.preflight:
	case h == "" && r.Method == "POST": // only its type makes it need a preflight
		command = append(command, "--json-body", "{}")
	case h == "" && r.Method == "":
		command = append(command, "-X", "METHOD", "-H", "NAME: VALUE")
	case h == "" && (r.Method == "GET" || r.Method == "HEAD"):
		command = append(command, "-H", "NAME: VALUE")
	case h == "":
	case r.slug == "header-not-exposed":
		command = append(command, "--read-header", r.Header)
	case h == "content-type":
		command = append(command, "-H", r.Header+": application/json")
	case h == "authorization":
		command = append(command, "-H", r.Header+": Bearer TOKEN")
	default:
		command = append(command, "-H", r.Header+": VALUE")
	}
	if r.Credentials {
		command = append(command, "--credentials", "include")
	}
	if d := r.Destination; d != "" && d != "fetch" && slices.Contains(check.Destinations(), d) {
		command = append(command, "--destination", d)
	}
	return shell.Command(command)
}
