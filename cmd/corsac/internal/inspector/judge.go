package inspector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// State is what CORS decides about a request.
type State string

// The states.
const (
	Allowed State = "allowed" // script gets the response
	Blocked State = "blocked" // it does not
	Unknown State = "unknown" // the server was not asked what decides it
	Failed  State = "failed"  // there was no response
	Free    State = "free"    // CORS does not apply
)

// basis is what a judgement rests on.
type basis string

const (
	byPolicy   basis = "policy"   // corsac.yaml
	byRecorded basis = "recorded" // the exchange itself was across origins
	byAnswers  basis = "answers"  // what the server said when it was asked
	byHeaders  basis = "headers"  // what the server said without being asked
	byNothing  basis = ""
)

// judgement is what CORS decides about an exchange in production.
type judgement struct {
	State  State  `json:"state"`
	Basis  basis  `json:"basis"`
	Policy string `json:"policy,omitempty"` // its name
	// Why says it in a sentence.
	Why string `json:"why"`
	// Browsers are the decisions of each, Chromium's first; none if CORS does not
	// apply.
	Browsers []decision `json:"browsers"`
}

// decision is what one browser decides.
type decision struct {
	Profile string           `json:"profile"`
	Name    string           `json:"name"`
	State   State            `json:"state"`
	Why     string           `json:"-"` // if it is blocked or unknown, in a sentence
	Verdict *verdict.Verdict `json:"-"`
}

// profiles are the browsers, in the order in which they are shown.
var profiles = []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari}

// freeWhy says why CORS does not apply.
var freeWhy = map[kind]string{
	kindOwn:        "The page's own server answers. CORS is about other servers.",
	kindNavigation: "This opens a page. CORS is about what scripts may read.",
	kindWebSocket:  "CORS does not apply to WebSockets. The server itself has to check Origin.",
	kindProgram:    "No page sent this. Only browsers enforce CORS.",
	kindFault:      "corsac failed on purpose. The server was not asked.",
}

// judge decides about a subject. preflightOf finds its preflight. Without whole, the
// verdicts are only about what is not allowed, and have no steps.
func (w *world) judge(s *subject, preflightOf func(*record.Exchange) (fetch.Recorded, bool), whole bool) judgement {
	if why, free := freeWhy[s.kind]; free {
		return judgement{State: Free, Why: why}
	}
	c := court{world: w, subject: s, whole: whole}
	c.policy, c.name = w.policyFor(s.exchange)
	j := judgement{Basis: c.basis()}
	if j.Basis == byPolicy {
		j.Policy = c.name
	}
	if s.recorded && s.kind == kindRequest {
		if preflight, ok := preflightOf(s.exchange); ok {
			c.preflight = &preflight
		}
	}
	for _, p := range profiles {
		j.Browsers = append(j.Browsers, c.decide(p))
	}
	j.State, j.Why = summary(j.Browsers, j.Basis, j.Policy)
	if s.kind == kindPreflight && j.State == Allowed {
		j.Why = "The server permits the request that the browser asks about."
	}
	return j
}

// summary returns the worst state, and why.
func summary(browsers []decision, by basis, policy string) (State, string) {
	worst := worstOf(browsers)
	switch worst.State {
	case Unknown:
		return Unknown, worst.Why
	case Failed:
		return Failed, "There was no response."
	case Blocked:
		if worst != &browsers[0] {
			return Blocked, "Only in " + worst.Name + ": " + lowerFirst(worst.Why)
		}
		return Blocked, worst.Why
	}
	switch by {
	case byPolicy:
		return Allowed, "The policy “" + policy + "” allows it."
	case byAnswers:
		return Allowed, "The server allows it: corsac has asked it."
	case byHeaders:
		return Allowed, "The headers that the server sent allow it."
	}
	return Allowed, "The response allows it."
}

// rank orders states, the worst last.
var rank = map[State]int{Free: 0, Allowed: 1, Unknown: 2, Failed: 3, Blocked: 4}

func lowerFirst(s string) string {
	if s == "" || len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// court decides about one subject.
type court struct {
	*world
	*subject

	policy    *cors.Middleware
	name      string          // of the policy
	preflight *fetch.Recorded // of the subject, if it was recorded
	refusal   cors.Decision   // of the policy, if it refused something
	whole     bool            // whether all of each verdict is wanted
}

// basis is the policy also in the mode enforce, in which what was recorded is what the
// policy says: the policy can be named then. After a change of the file, it is the
// policy as it is now.
func (c *court) basis() basis {
	switch {
	case c.recorded && (c.exchange.Proxied.Mode != "enforce" || c.policy == nil):
		return byRecorded
	case c.policy != nil:
		return byPolicy
	case c.answers != nil:
		return byAnswers
	}
	return byHeaders
}

// decide returns what a browser decides.
func (c *court) decide(p fetch.Profile) decision {
	d := decision{Profile: p.String(), Name: verdict.BrowserName(p.String())}
	page, err := fetch.NewPage(c.page)
	if err != nil { // of a header that no browser sends
		d.State, d.Verdict = Unknown, verdict.Of(&fetch.Outcome{Profile: p}, verdict.Facts{})
		d.Why = "No browser sends the Origin that this request has."
		return d
	}
	var o *fetch.Outcome
	c.refusal = cors.Decision{}
	browser := fetch.New(fetch.Config{Profile: p, Trace: c.whole})
	switch c.basis() {
	case byRecorded:
		o = c.replay(browser, page)
		d.State = c.stateOf(o)
	case byPolicy:
		o = browser.Fetch(context.Background(), page, c.request, c.answerByPolicy)
		d.State = c.stateOf(o)
	case byAnswers:
		o = browser.Fetch(context.Background(), page, c.request, c.answerAsAsked)
		d.State = c.stateOf(o)
	default:
		o, d.State = c.byHeaders(browser, page)
	}
	if d.State == Allowed && !c.whole {
		return d
	}
	d.Verdict = verdict.Of(o, verdict.Facts{Notes: c.notes(o)})
	if c.asked && c.basis() == byHeaders { // preflights are corsac's, and no evidence about the server
		d.Verdict.Wire = slices.DeleteFunc(d.Verdict.Wire, func(w verdict.Wire) bool { return w.Kind == fetch.KindPreflight && w.Status != 0 })
	}
	if d.State == Blocked || d.State == Allowed {
		cause.Annotate(d.Verdict)
	}
	d.Why = c.why(&d)
	return d
}

// why says why a request is blocked, or why that is not known.
func (c *court) why(d *decision) string {
	v := d.Verdict
	switch {
	case d.State == Unknown && len(v.Preflight.Reasons) > 0:
		return "The server was not asked for permission: " + c.reasons(v) + "."
	case d.State == Unknown:
		return "The server was not asked as a page of another origin asks it."
	case d.State != Blocked:
		return ""
	case c.basis() == byPolicy:
		return "The policy “" + c.name + "” does not allow " + c.refused(v) + "."
	case len(v.Findings) > 0:
		return v.Findings[0].Title + "."
	}
	return v.Why()
}

// reasons names what a preflight asks for. What the headers of a request will be
// does not show in its preflight, only their names.
func (c *court) reasons(v *verdict.Verdict) string {
	var words []string
	for _, r := range v.Preflight.Reasons {
		if r = strings.TrimPrefix(strings.TrimPrefix(r, "method "), "header "); c.kind == kindPreflight {
			r, _, _ = strings.Cut(r, ": ")
		}
		words = append(words, r)
	}
	return strings.Join(words, ", ")
}

// refused names what a policy does not allow.
func (c *court) refused(v *verdict.Verdict) string {
	switch r := &c.refusal; r.Reason {
	case cors.MethodNotAllowed:
		return "the method " + verdict.Printable(v.Request.Method)
	case cors.HeaderNotAllowed:
		return "the header " + verdict.Printable(r.Header)
	case cors.AuthorizationNotListed:
		return "the header Authorization, which “*” does not cover"
	case cors.OriginNotAllowed, cors.OriginInsecure, cors.OriginNull:
		return "the origin " + verdict.Printable(c.page.Origin)
	}
	if v.Error != nil && v.Error.Header == "Access-Control-Allow-Credentials" || c.request.Credentials == fetch.CredentialsInclude {
		return "credentials"
	}
	return "it: " + lowerFirst(strings.TrimSuffix(v.Why(), "."))
}

// replay decides about what was recorded.
func (c *court) replay(browser *fetch.Browser, page *fetch.Page) *fetch.Outcome {
	recording := fetch.Recording{Exchanges: []fetch.Recorded{c.answer}, AssumePreflights: c.kind == kindRequest}
	if c.preflight != nil {
		recording.Exchanges = []fetch.Recorded{*c.preflight, c.answer}
	}
	return browser.Replay(page, c.request, &recording)
}

// stateOf returns the state of an outcome. What a redirect leads to is a request of
// its own.
func (c *court) stateOf(o *fetch.Outcome) State {
	switch {
	case o.Error == nil:
		return Allowed
	case errors.Is(o.Error, fetch.ErrNotRecorded):
		if asked := slices.ContainsFunc(o.Wire, func(r fetch.Recorded) bool { return r.Status != 0 }); asked {
			return Allowed
		}
		return Unknown
	case o.Result == fetch.Failed:
		return Failed
	}
	return Blocked
}

var errNotAsked = fmt.Errorf("the server was not asked: %w", fetch.ErrNotRecorded)

// byHeaders decides by what the server said, although nobody asked as a page of
// another origin. It is not known what it would have said then, unless what it
// said is the same for every page.
func (c *court) byHeaders(browser *fetch.Browser, page *fetch.Page) (*fetch.Outcome, State) {
	if c.kind == kindPreflight { // which corsac answered
		return c.unasked(browser, page)
	}
	assumed := browser.Replay(page, c.request, &fetch.Recording{Exchanges: []fetch.Recorded{c.answer}, AssumePreflights: true})
	state := c.stateOf(assumed)
	switch {
	case state == Blocked && !c.asked && !c.saysTheSame():
		state = Unknown
	case state == Blocked && assumed.Error.CORS(), state == Failed, state == Unknown:
		return assumed, state
	}
	if len(assumed.Preflight.Reasons) == 0 && state != Unknown {
		return assumed, state
	}
	return c.unasked(browser, page)
}

// unasked decides as far as can be without the server.
func (c *court) unasked(browser *fetch.Browser, page *fetch.Page) (*fetch.Outcome, State) {
	unasked := browser.Fetch(context.Background(), page, c.request, func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) { return nil, errNotAsked })
	if unasked.Error == nil || !errors.Is(unasked.Error, fetch.ErrNotRecorded) {
		return unasked, c.stateOf(unasked) // the browser refuses by itself
	}
	return unasked, Unknown
}

// saysTheSame reports whether a response that blocks a page would block it
// whatever the Origin was: it names an origin that is not the one that the server
// was asked for.
func (c *court) saysTheSame() bool {
	allowed := c.answer.ResponseHeaders.Get("Access-Control-Allow-Origin")
	if allowed == "" {
		return false
	}
	return allowed == "*" || allowed != originOfURL(c.exchange.Proxied.URL()) && allowed != originOfURL(c.exchange.URL)
}

// notes are what a person should know besides.
func (c *court) notes(o *fetch.Outcome) (notes []string) {
	add := func(is bool, text string) {
		if is {
			notes = append(notes, text)
		}
	}
	add(slices.ContainsFunc(o.Wire, func(r fetch.Recorded) bool { return r.Assumed }) && c.recorded,
		"Its preflight was not seen. The browser sent the request, so it had permission, perhaps from an earlier one.")
	add(c.exchange.Proxied.Mode == "add" && c.basis() != byHeaders,
		"The page got this: in the mode add, corsac sends the CORS headers. In production, the server has to.")
	add(!c.recorded && c.cookies,
		"Cookies are part of it. With another origin, the browser sends and keeps them only if the page asks for it (credentials: \"include\"), as is assumed here.")
	add(o.Error != nil && errors.Is(o.Error, fetch.ErrNotRecorded) && c.stateOf(o) == Allowed,
		"The redirect may be followed. What it leads to is a request of its own.")
	add(!c.recorded && c.exchange.Proxied.URL() == "" && c.API == "",
		"corsac answered this itself, so the API's origin is not known.")
	add(c.basis() == byAnswers && c.answers.actual == nil && c.kind == kindRequest && o.Error == nil,
		"The server was asked for permission only. Its response is taken to say the same about who may read it; to see it, send the request.")
	if !c.whole { // of a list, nobody reads the notes
		return notes
	}
	hidden, lost := c.unexposed(), c.lostCookies()
	add(len(hidden) > 0, "In production, script reads "+strings.Join(hidden, ", ")+" only if expose_headers lists it.")
	add(len(lost) > 0, "In production, page and API are on different sites, and browsers do not keep the cookie "+strings.Join(lost, ", ")+
		": send it with SameSite=None; Secure, or put both on one site. Some browsers block cookies of other sites even then.")
	return notes
}

// judged are judgements, by exchange. Those of exchanges that are gone are removed.
type judged map[uint64]known

type known struct {
	done bool
	judgement
}

// maxJudged bounds how many judgements are kept.
const maxJudged = 20_000

// judge returns the judgement of an exchange.
func (in *Inspector) judge(w *world, s *subject) judgement {
	x := s.exchange
	in.mu.Lock()
	k, ok := in.judged[x.ID]
	ok = ok && k.done == x.Done && in.world == w
	in.mu.Unlock()
	if ok {
		return k.judgement
	}
	j := w.judge(s, in.preflightOf, false)
	for i := range j.Browsers {
		j.Browsers[i].Verdict = nil // large, and made again for the one that is looked at
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.world == w {
		if len(in.judged) >= maxJudged {
			in.judged = judged{}
		}
		in.judged[x.ID] = known{x.Done, j}
	}
	return j
}

// lookBack is how many exchanges before a request may be its preflight.
const lookBack = 64

// preflightOf returns the preflight of an exchange, if it is among those before it.
func (in *Inspector) preflightOf(x *record.Exchange) (fetch.Recorded, bool) {
	if simple := x.Method == "GET" || x.Method == "HEAD"; simple && !slices.ContainsFunc(x.Headers, func(h fetch.Header) bool { return mayNeedPreflight(h.Name) }) {
		return fetch.Recorded{}, false
	}
	for id := x.ID - 1; id > 0 && x.ID-id <= lookBack; id-- {
		y, ok := in.ring.Get(id)
		if !ok {
			break
		}
		if y.IsPreflight() && y.URL == x.URL && y.Headers.Get("Origin") == x.Headers.Get("Origin") && y.Headers.Get("Access-Control-Request-Method") == x.Method {
			return y.Recorded, true
		}
	}
	return fetch.Recorded{}, false
}

// mayNeedPreflight reports whether a header is not one that every request has.
func mayNeedPreflight(name string) bool {
	name = strings.ToLower(name)
	return !strings.HasPrefix(name, "sec-") && !slices.Contains([]string{
		"host", "origin", "referer", "accept", "accept-encoding", "accept-language", "connection", "user-agent", "cookie", "cache-control", "pragma",
	}, name)
}

// worstOf returns the decision that a judgement rests on: the worst, of the first
// browser that has it.
func worstOf(browsers []decision) *decision {
	worst := &browsers[0]
	for i := range browsers {
		if rank[browsers[i].State] > rank[worst.State] {
			worst = &browsers[i]
		}
	}
	return worst
}
