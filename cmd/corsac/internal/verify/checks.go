package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// finding returns that the invariant is broken, with what the verdict shows. more
// are lines of evidence besides.
func (c *trial) finding(v *verdict.Verdict, more ...string) *finding.Finding {
	f := &finding.Finding{
		Cause: c.invariant.slug, Severity: c.invariant.severity, Confidence: finding.Certain,
		Title: c.invariant.title, Why: c.invariant.means,
		Evidence: append(evidence(v), more...), Place: &finding.Place{URL: c.ask.URL}, Fix: finding.Fix{Text: c.invariant.fix},
	}
	if w := last(v); c.invariant.fix == "" && w != nil && len(w.ResponseHeaders.Values("Access-Control-Allow-Origin")) > 1 {
		c.root = duplicates
	}
	if c.invariant.fix == "" && len(v.Findings) > 0 {
		root := &v.Findings[0]
		f.Why += " The cause: " + root.Title + "."
		f.Fix = root.Fix
		c.root = cmp.Or(c.root, root.Cause)
	}
	return f
}

// corsHeaders are the response headers that count as evidence.
var corsHeaders = []string{
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Vary",
}

// evidence is the conversation in short. Of the request it has what preflights are
// about, names and the origin, so no secret.
func evidence(v *verdict.Verdict) (lines []string) {
	for i := range v.Wire {
		w := &v.Wire[i]
		line := w.Method + " " + w.URL
		if o := w.Headers.Get("Origin"); o != "" {
			line += " from " + o
		}
		if method := w.Headers.Get("Access-Control-Request-Method"); method != "" {
			line += ", for " + method
		}
		if names := w.Headers.Get("Access-Control-Request-Headers"); names != "" {
			line += " with " + names
		}
		lines = append(lines, line+": "+w.StatusText())
		for _, h := range w.ResponseHeaders {
			if slices.ContainsFunc(corsHeaders, func(name string) bool { return strings.EqualFold(name, h.Name) }) {
				lines = append(lines, h.Name+": "+h.Value)
			}
		}
	}
	return lines
}

// unlistedOrigins asks with near-misses of the allowed origins.
func unlistedOrigins(r *run) (list []trial) {
	for _, s := range r.refused {
		c := decided("refused: GET from "+s.origin, Ask{Origin: s.origin, URL: r.url, Method: "GET"}, false).about(s.origin)
		judge := c.judge
		c.judge = func(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
			f, err := judge(ctx, r, c, v)
			if f == nil {
				return nil, err
			}
			f.Evidence = append([]string{s.origin + " is " + s.what}, f.Evidence...)
			if r.Derived && s.near {
				f.Severity = finding.Note
				f.Title = "Other hosts of the same site can read responses, too"
				f.Why = "That is right if it is meant, such as for https://*.example.com. Without a policy file, nobody knows."
				f.Fix.Text = "If it is not meant, list the origins. To check it, write the policy into a file and use -c."
			}
			return f, nil
		}
		list = append(list, c)
	}
	return append(list, unlistedPreflights(r)...)
}

// unlistedPreflights asks for preflights with origins that have nothing to do with
// the policy: where they pass, pages can write, even if they cannot read.
func unlistedPreflights(r *run) (list []trial) {
	for _, s := range foreign(r.word) {
		ask, ok := r.preflightAsk(s.origin)
		if !ok || r.allows(context.Background(), &ask) {
			continue
		}
		list = append(list, trial{name: "refused: preflight from " + s.origin, subject: s.origin, ask: ask, judge: func(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
			if !preflightPassed(v) {
				return nil, nil
			}
			f := c.finding(v)
			f.Title = "The preflight of an origin that the policy does not allow passes"
			f.Why = "Whoever controls such an origin can change what the API keeps, with the session of the users who visit it if cookies allow that."
			f.Evidence = append([]string{s.origin + " is " + s.what}, f.Evidence...)
			return f, nil
		}})
	}
	return list
}

// preflightAsk is a request that needs a preflight and that the policy allows, if
// there is one.
func (r *run) preflightAsk(origin string) (Ask, bool) {
	a := Ask{Origin: origin, URL: r.url, Method: "GET"}
	methods, headers := r.methods(), r.preflighted()
	switch {
	case len(methods) > 0:
		a.Method = methods[0]
	case len(headers) > 0:
		a.Headers = headers[:1]
	case slices.Contains(r.Policy.AllowMethods, "*"):
		a.Method = "PUT"
	case slices.Contains(r.Policy.AllowHeaders, "*"):
		a.Headers = []string{unlistedHeader}
	default:
		return a, false
	}
	return a, true
}

// preflightOf returns the first preflight of a verdict, or nil.
func preflightOf(v *verdict.Verdict) *verdict.Wire {
	for i := range v.Wire {
		if v.Wire[i].Kind == "preflight" {
			return &v.Wire[i]
		}
	}
	return nil
}

// preflightPassed reports whether the browser went on after the preflight.
func preflightPassed(v *verdict.Verdict) bool {
	w := last(v)
	return v.Error == nil || w != nil && w.Kind != "preflight"
}

// last returns the last response of a verdict, or nil.
func last(v *verdict.Verdict) *verdict.Wire {
	if len(v.Wire) == 0 || v.Wire[len(v.Wire)-1].Status == 0 {
		return nil
	}
	return &v.Wire[len(v.Wire)-1]
}

func maxAge(r *run) []trial {
	want, set := r.Policy.MaxAge.Duration()
	ask, ok := r.preflightAsk(r.allowed[0].origin)
	if !set || !ok {
		return nil
	}
	seconds := strconv.FormatInt(int64(want.Seconds()), 10)
	return []trial{{name: "max_age is " + seconds + " seconds", ask: ask, judge: func(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		w := preflightOf(v)
		switch {
		case w == nil || v.Error != nil:
			return nil, errRefused
		case w.ResponseHeaders.Get("Access-Control-Max-Age") == seconds:
			return nil, nil
		case len(w.ResponseHeaders.Values("Access-Control-Max-Age")) > 1:
			c.root = duplicates
		}
		return c.finding(v, "the policy: Access-Control-Max-Age: "+seconds), nil
	}}}
}

func exposed(r *run) (list []trial) {
	for _, name := range withoutStar(r.Policy.ExposeHeaders) {
		list = append(list, trial{name: "exposed: " + name, subject: name, ask: Ask{Origin: r.allowed[0].origin, URL: r.url, Method: "GET"}, judge: func(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
			switch w := last(v); {
			case w == nil || v.Error != nil:
				return nil, errUnreadable
			case lists(w.ResponseHeaders.Get("Access-Control-Expose-Headers"), name, !r.Policy.AllowCredentials):
				return nil, nil
			}
			return c.finding(v), nil
		}})
	}
	return list
}

// What cannot be known because something else is wrong.
var (
	errUnreadable = errors.New("not known, because the response cannot be read at all")
	errRefused    = errors.New("not known, because the preflight is refused")
)

// lists reports whether a list header has an entry, ignoring case, or a * that
// counts.
func lists(value, entry string, star bool) bool {
	for v := range strings.SplitSeq(value, ",") {
		if v = strings.Trim(v, " \t"); strings.EqualFold(v, entry) || star && v == "*" {
			return true
		}
	}
	return false
}

// errorResponses looks at URLs that respond with an error: one below the URL that
// nobody has, and those that the user names.
func errorResponses(r *run) (list []trial) {
	for _, url := range append([]string{r.missing()}, r.Failing...) {
		list = append(list, trial{name: "errors: GET " + url, subject: url, ask: Ask{Origin: r.allowed[0].origin, URL: url, Method: "GET"}, judge: func(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
			if w := last(v); w == nil || w.Status < 400 || v.Error == nil || w.ResponseHeaders.Has("Access-Control-Allow-Origin") {
				return nil, nil // what is wrong with the header is wrong on other responses, too
			}
			return c.finding(v), nil
		}})
	}
	return list
}

// untested says what could not be looked at. A gateway makes 502, 503 and 504
// itself, often without CORS headers, and only while what it forwards to is down:
// no harmless request brings them about.
func (r *run) untested() []string {
	if r.gateway {
		return nil
	}
	return []string{"The errors that a gateway makes itself (502, 503, 504) were not seen, because no request brings them about without harm. To check them, name a URL whose upstream is down: --failing URL."}
}

// upperCase asks with an allowed origin in upper case. A server that answers
// everyone with the same origin in lower case has not compared it, nor has one that
// answers everyone with what they sent.
func upperCase(r *run) []trial {
	if slices.Contains(r.Policy.AllowOrigins, "*") {
		return nil
	}
	o := r.allowed[0].origin
	spelled := strings.ToUpper(o)
	return []trial{{name: "refused: GET from " + spelled, ask: Ask{Origin: o, Spelled: spelled, URL: r.url, Method: "GET"}, judge: func(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		if w := last(v); w == nil || w.ResponseHeaders.Get("Access-Control-Allow-Origin") != spelled {
			return nil, nil
		}
		if other, err := r.ask(ctx, &Ask{Origin: "https://" + r.word + ".example", URL: r.url, Method: "GET"}); err != nil || other.Result == fetch.Allowed {
			return nil, err
		}
		return c.finding(v), nil
	}}}
}

// missing returns a URL next to that of the run which nobody has.
func (r *run) missing() string {
	u, err := weburl.Parse(r.word, nil)
	if base, baseErr := weburl.Parse(r.url, nil); baseErr == nil {
		u, err = weburl.Parse(r.word, base)
	}
	if err != nil {
		return r.url
	}
	return u.StringNoFragment()
}

// duplicates looks for headers of which there may be one only.
func doubled(r *run) []trial {
	judge := func(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		for i := range v.Wire {
			for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Max-Age"} {
				if n := len(v.Wire[i].ResponseHeaders.Values(name)); n > 1 {
					return c.finding(v, fmt.Sprintf("%s is there %d times", name, n)), nil
				}
			}
		}
		return nil, nil
	}
	list := []trial{{name: "once: the CORS headers of a response", ask: Ask{Origin: r.allowed[0].origin, URL: r.url, Method: "GET"}, judge: judge}}
	if ask, ok := r.preflightAsk(r.allowed[0].origin); ok {
		list = append(list, trial{name: "once: the CORS headers of a preflight", ask: ask, judge: judge})
	}
	return list
}

func plainOptions(r *run) []trial {
	return []trial{{name: "OPTIONS without Access-Control-Request-Method", ask: Ask{Origin: r.server.String(), URL: r.url, Method: "OPTIONS"}, judge: func(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		if !fails(last(v)) {
			return nil, nil
		}
		own := ownGET(&r.server, r.url)
		get, err := r.ask(ctx, &own)
		if err != nil {
			return nil, err
		}
		if w := last(get); fails(w) {
			return nil, fmt.Errorf("not known, because every request fails, whatever its method: GET gets %s", w.StatusText())
		}
		return c.finding(v), nil
	}}}
}

func disclosures(r *run) []trial {
	ask, ok := r.preflightAsk("https://" + r.word + ".example")
	if !ok || r.allows(context.Background(), &ask) {
		return nil
	}
	return []trial{{name: "a refused preflight says nothing", ask: ask, judge: func(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		w := preflightOf(v)
		if w == nil || !w.ResponseHeaders.Has("Access-Control-Allow-Methods") && !w.ResponseHeaders.Has("Access-Control-Allow-Headers") {
			return nil, nil
		}
		return c.finding(v), nil
	}}}
}
