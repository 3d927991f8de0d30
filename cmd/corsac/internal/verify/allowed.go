package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// safelisted are the methods that need no preflight by themselves.
var safelisted = []string{"GET", "HEAD", "POST"}

// methods are the methods of the policy that always need a preflight.
func (r *run) methods() []string {
	return slices.DeleteFunc(withoutStar(r.Policy.AllowMethods), func(m string) bool { return slices.Contains(safelisted, m) })
}

// preflighted are the names of headers of the policy that need a preflight.
func (r *run) preflighted() []string {
	return slices.DeleteFunc(withoutStar(r.Policy.AllowHeaders), func(name string) bool {
		return slices.ContainsFunc([]string{"Accept", "Accept-Language", "Content-Language", "Range"}, func(safe string) bool { return strings.EqualFold(name, safe) })
	})
}

// allowedMethods asks with each method. Those that every policy allows are asked
// with a header, too: libraries that compare the method of a preflight with a list
// refuse them if it lacks them. A policy that was derived is asked for no more than
// what the server names.
func allowedMethods(r *run) (list []trial) {
	o, headers := r.allowed[0].origin, r.preflighted()
	for _, method := range safelisted {
		if r.Derived && !slices.Contains(r.Policy.AllowMethods, method) {
			continue
		}
		if method == "HEAD" {
			c := decided("allowed: method HEAD", Ask{Origin: o, URL: r.url, Method: method}, true).about(method)
			c.judge = lesser(onlyIf(c.judge, Ask{Origin: o, URL: r.url, Method: "GET"}, errUnreadable))
			list = append(list, c)
		}
		if len(headers) > 0 {
			c := decided("allowed: method "+method+" with "+headers[0], Ask{Origin: o, URL: r.url, Method: method, Headers: headers[:1]}, true).about(method)
			c.judge = onlyIfOthers(c.judge, headers[:1], true)
			if method == "HEAD" {
				c.judge = lesser(c.judge)
			}
			list = append(list, c)
		}
	}
	for _, method := range r.methods() {
		list = append(list, decided("allowed: method "+method, Ask{Origin: o, URL: r.url, Method: method}, true).about(method))
	}
	return list
}

// allowedHeaders asks with each header, and with all.
func allowedHeaders(r *run) (list []trial) {
	o, names := r.allowed[0].origin, withoutStar(r.Policy.AllowHeaders)
	for _, name := range names {
		c := decided("allowed: header "+name, Ask{Origin: o, URL: r.url, Method: "GET", Headers: []string{name}}, true).about(name)
		c.judge = onlyIfOthers(c.judge, []string{name}, false)
		list = append(list, c)
	}
	if len(names) > 1 {
		c := decided("allowed: all headers together", Ask{Origin: o, URL: r.url, Method: "GET", Headers: names}, true)
		c.judge = onlyIfOthers(c.judge, names, false)
		list = append(list, c)
	}
	return list
}

func allowedCredentials(r *run) (list []trial) {
	if !r.Policy.AllowCredentials {
		return nil
	}
	add := func(name string, a Ask, without error) {
		plain := a
		a.Credentials = true
		c := decided(name, a, true)
		c.judge = onlyIf(c.judge, plain, without)
		list = append(list, c)
	}
	o := r.allowed[0].origin
	add("allowed: credentials", Ask{Origin: o, URL: r.url, Method: "GET"}, errUnreadable)
	if ask, ok := r.preflightAsk(o); ok {
		add("allowed: credentials after a preflight", ask, errRefused)
	}
	return list
}

type judge = func(context.Context, *run, *trial, *verdict.Verdict) (*finding.Finding, error)

// lesser returns a judge that only warns: hardly any page uses HEAD, and whoever
// configures a list of methods forgets it.
func lesser(j judge) judge {
	return func(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		f, err := j(ctx, r, c, v)
		if f != nil {
			f.Severity, f.Title = finding.Warning, "HEAD, which every policy allows, is refused"
			f.Why = "Pages that ask with HEAD for the headers of a response alone get nothing. Few do."
			f.Fix.Text = "List HEAD wherever the server lists GET."
		}
		return f, err
	}
}

// onlyIf returns a judge that knows nothing, because of an error, if a plainer
// request is refused, too: what is wrong then is another invariant.
func onlyIf(j judge, plain Ask, without error) judge {
	return func(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		f, err := j(ctx, r, c, v)
		if f == nil {
			return nil, err
		}
		if v, err := r.ask(ctx, &plain); err != nil || v.Result != fetch.Allowed {
			return nil, without
		}
		return f, nil
	}
}

// onlyIfOthers returns a judge that blames the right one of two, a method and the
// headers that it was asked for with: the method only if the headers pass with
// another one, and the headers only if they pass with none.
func onlyIfOthers(j judge, headers []string, pass bool) judge {
	return func(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		f, err := j(ctx, r, c, v)
		switch {
		case f == nil:
			return nil, err
		case preflightPassed(v):
			return nil, errUnreadable
		}
		others := slices.DeleteFunc(slices.Concat(r.methods(), safelisted), func(m string) bool { return m == c.ask.Method })
		passes := slices.ContainsFunc(others, func(method string) bool {
			v, err := r.ask(ctx, &Ask{Origin: c.ask.Origin, URL: c.ask.URL, Method: method, Headers: headers})
			return err == nil && v.Result == fetch.Allowed
		})
		if passes != pass {
			return nil, nil
		}
		return f, nil
	}
}
