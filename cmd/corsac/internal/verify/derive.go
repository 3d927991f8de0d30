package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// Derive finds out which policy a server has for some origins: the methods and
// headers that its preflights name, and so on. All the origins are in the policy,
// those that the server allows first. An error means that it allows none of them,
// cannot be reached ([ErrNoAnswer]), or answers everything with the same error
// ([ErrDown]).
func Derive(ctx context.Context, ask asker, url string, origins []string) (cors.Policy, error) {
	var p cors.Policy
	var refused []string
	for _, o := range origins {
		v, err := ask(ctx, &Ask{Origin: o, URL: url, Method: "GET"})
		switch {
		case err != nil:
			return p, err
		case v.Result == fetch.Failed:
			return p, fmt.Errorf("%w: %s", ErrNoAnswer, v.Why())
		case v.Result != fetch.Allowed:
			refused = append(refused, o)
			continue
		}
		p.AllowOrigins = append(p.AllowOrigins, o)
		if w := last(v); w != nil && w.ResponseHeaders.Get("Access-Control-Allow-Origin") == "*" {
			p.AllowOrigins = []string{"*"}
		}
		if len(p.AllowOrigins) == 1 {
			deriveRest(ctx, ask, url, o, v, &p)
		}
		if p.AllowOrigins[0] == "*" {
			break
		}
	}
	if len(p.AllowOrigins) == 0 {
		return p, noneAllowed(ctx, ask, url, refused)
	}
	if p.AllowOrigins[0] != "*" {
		p.AllowOrigins = append(p.AllowOrigins, refused...)
	}
	return withoutInvalid(p)
}

// noneAllowed says why a server allows none of some origins.
func noneAllowed(ctx context.Context, ask asker, url string, refused []string) error {
	if server, err := origin.ParseURL(url); err == nil && len(refused) > 0 {
		simple := Ask{Origin: refused[0], URL: url, Method: http.MethodGet}
		preflighted := Ask{Origin: refused[0], URL: url, Method: http.MethodPut}
		if err := down(ctx, ask, &server, url, simple, preflighted); err != nil {
			return err
		}
	}
	return errors.New("the server allows none of the origins")
}

// deriveRest fills in what responses to one origin say.
func deriveRest(ctx context.Context, ask asker, url, origin string, v *verdict.Verdict, p *cors.Policy) {
	if w := last(v); w != nil {
		p.AllowCredentials = w.ResponseHeaders.Get("Access-Control-Allow-Credentials") == "true" && p.AllowOrigins[0] != "*"
		p.ExposeHeaders = listed(w.ResponseHeaders.Get("Access-Control-Expose-Headers"))
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		answer, err := ask(ctx, &Ask{Origin: origin, URL: url, Method: method})
		if err != nil {
			continue
		}
		if w := preflightOf(answer); w != nil && w.Status >= 200 && w.Status < 300 {
			p.AllowMethods = append(p.AllowMethods, listed(w.ResponseHeaders.Get("Access-Control-Allow-Methods"))...)
			p.AllowHeaders = append(p.AllowHeaders, listed(w.ResponseHeaders.Get("Access-Control-Allow-Headers"))...)
			if seconds, err := strconv.Atoi(w.ResponseHeaders.Get("Access-Control-Max-Age")); err == nil {
				p.MaxAge = cors.CacheFor(time.Duration(seconds) * time.Second)
			}
		}
	}
	deriveEchoed(ctx, ask, url, origin, p)
}

// deriveEchoed asks for what preflights allow only if they are asked: a server may
// repeat whatever it is, or name nothing else.
func deriveEchoed(ctx context.Context, ask asker, url, origin string, p *cors.Policy) {
	passes := func(a Ask) bool {
		a.Origin, a.URL, a.Credentials = origin, url, p.AllowCredentials
		v, err := ask(ctx, &a)
		return err == nil && v.Result == fetch.Allowed
	}
	if passes(Ask{Method: unlistedMethod}) {
		p.AllowMethods = []string{"*"}
	}
	if passes(Ask{Method: "GET", Headers: []string{unlistedHeader}}) {
		p.AllowHeaders = []string{"*", "Authorization"}
		return
	}
	for _, name := range []string{"Authorization", "Content-Type"} {
		if passes(Ask{Method: "GET", Headers: []string{name}}) {
			p.AllowHeaders = append(p.AllowHeaders, name)
		}
	}
}

func listed(value string) (list []string) {
	for v := range strings.SplitSeq(value, ",") {
		if v = strings.Trim(v, " \t"); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// withoutInvalid drops what no policy can have, such as a method that browsers
// never send, and repetitions.
func withoutInvalid(p cors.Policy) (cors.Policy, error) {
	valid := func(set func(*cors.Policy, []string), list []string) (kept []string) {
		if slices.Contains(list, "*") {
			list = slices.DeleteFunc(list, func(v string) bool { return v != "*" && v != "Authorization" })
		}
		for _, v := range list {
			one := cors.Policy{AllowOrigins: p.AllowOrigins, AllowCredentials: p.AllowCredentials}
			set(&one, []string{v})
			if _, err := cors.New(one); err == nil && !slices.ContainsFunc(kept, func(k string) bool { return http.CanonicalHeaderKey(k) == http.CanonicalHeaderKey(v) }) {
				kept = append(kept, v)
			}
		}
		return kept
	}
	p.AllowMethods = valid(func(q *cors.Policy, l []string) { q.AllowMethods = l }, p.AllowMethods)
	p.AllowHeaders = valid(func(q *cors.Policy, l []string) { q.AllowHeaders = l }, p.AllowHeaders)
	p.ExposeHeaders = valid(func(q *cors.Policy, l []string) { q.ExposeHeaders = l }, p.ExposeHeaders)
	if d, set := p.MaxAge.Duration(); set && (d < 0 || d > 24*time.Hour) {
		p.MaxAge = cors.CacheFor(min(max(d, 0), 24*time.Hour))
	}
	_, err := cors.New(p)
	return p, err
}
