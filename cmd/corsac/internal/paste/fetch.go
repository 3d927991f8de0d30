package paste

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
	"github.com/corsac-dev/corsac/origin"
)

// parseFetch reads the fetch calls in a script, and replaces constants of the
// script by their values.
func parseFetch(text string, values given) ([]*Request, error) {
	tree, err := js.Parse(parse.NewInputString(text), js.Options{})
	if err != nil {
		return nil, scriptError(text, err)
	}
	v := &calls{evaluator: evaluator{constants: map[*js.Var]any{}, given: values}}
	js.Walk(&constants{&v.evaluator}, tree)
	js.Walk(v, tree)
	switch {
	case v.err != nil:
		return nil, v.err
	case len(v.requests) == 0:
		return nil, &problem{what: "there is no fetch call in the paste", hint: hintForms}
	}
	return withoutPreflights(v.requests), nil
}

// scriptError returns an error of the parser without the source that the parser
// adds.
func scriptError(text string, err error) error {
	var e *parse.Error
	hint := "copy the whole call, in plain JavaScript: no types, no tags"
	if strings.ContainsAny(text, "“”‘’") {
		hint = `write plain quotes, ' or ", instead of typographic ones`
	}
	if !errors.As(err, &e) {
		return &problem{what: "this is not JavaScript: " + err.Error(), hint: hint}
	}
	return &problem{line: e.Line, what: "this is not JavaScript: " + e.Message, hint: hint}
}

// calls visits a script and makes a request of each fetch call.
type calls struct {
	evaluator
	requests []*Request
	err      error
}

// Enter implements js.IVisitor.
func (v *calls) Enter(n js.INode) js.IVisitor {
	if v.err != nil {
		return nil
	}
	if n, ok := n.(*js.CallExpr); ok && isFetch(n.X) {
		v.call(n)
		return nil
	}
	return v
}

// Exit implements js.IVisitor.
func (v *calls) Exit(js.INode) {}

// maxConstants bounds the constants that are remembered. A constant can contain
// those before it, so this also bounds how deep values are.
const maxConstants = 10_000

// constants visits a script and evaluates its constants. Objects that change
// later are unknown, because the call may see another value.
type constants struct{ *evaluator }

// Enter implements js.IVisitor.
func (c *constants) Enter(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.VarDecl:
		if n.TokenType == js.ConstToken {
			c.declare(n)
		}
	case *js.BinaryExpr:
		if op := n.Op.String(); strings.HasSuffix(op, "=") && !strings.ContainsAny(op, "<>!") && op != "==" && op != "===" {
			c.forget(n.X)
		}
	case *js.CallExpr:
		if dot, ok := n.X.(*js.DotExpr); ok && dot.Y.String() != "toString" {
			c.forget(dot)
		}
	}
	return c
}

// Exit implements js.IVisitor.
func (c *constants) Exit(js.INode) {}

func (c *constants) declare(n *js.VarDecl) {
	for _, b := range n.List {
		name, ok := b.Binding.(*js.Var)
		if !ok || b.Default == nil || len(c.constants) >= maxConstants {
			continue
		}
		value, err := c.value(b.Default)
		if err != nil {
			value = err // reported when the constant is used
		}
		c.constants[variable(name)] = value
	}
}

// forget makes a constant unknown, because a member of it is set or a method
// called.
func (c *constants) forget(n js.IExpr) {
	for {
		switch member := n.(type) {
		case *js.DotExpr:
			n = member.X
		case *js.IndexExpr:
			n = member.X
		case *js.Var:
			if _, ok := c.constants[variable(member)].(string); !ok { // strings never change
				c.constants[variable(member)] = &unknown{node: member, why: "changes after its declaration"}
			}
			return
		default:
			return
		}
	}
}

// isFetch reports whether a function is fetch, window.fetch or the like.
func isFetch(n js.IExpr) bool {
	if dot, ok := n.(*js.DotExpr); ok {
		global := isVar(dot.X, "window") || isVar(dot.X, "self") || isVar(dot.X, "globalThis")
		return global && dot.Y.String() == "fetch"
	}
	return isVar(n, "fetch")
}

func (v *calls) call(n *js.CallExpr) {
	r, err := v.request(n.Args.List)
	var known *problem
	var open *unknown
	switch {
	case err == nil && len(v.requests) == maxRequests:
		v.err = errTooMany
	case err == nil:
		v.requests = append(v.requests, r)
	case errors.As(err, &known):
		v.err = known
	case errors.As(err, &open):
		v.err = &problem{what: err.Error(), name: nameOf(open.node), hint: "write its value, or define it in the paste: const NAME = …"}
	default:
		v.err = &problem{what: err.Error(), hint: "write its value, or define it in the paste: const NAME = …"}
	}
}

// request makes a request of the arguments of a fetch call.
func (v *calls) request(args []js.Arg) (*Request, error) {
	if len(args) == 0 || args[0].Rest {
		return nil, &problem{what: "fetch is called without a URL", hint: "write the URL in the call"}
	}
	target, err := v.string(args[0].Value)
	if err != nil {
		return nil, err
	}
	init, err := v.init(args[1:])
	if err != nil {
		return nil, err
	}
	r, err := fetchRequest(target, init)
	if err != nil {
		return nil, err
	}
	size := len(r.Body)
	for _, h := range r.Script.Headers {
		size += len(h.Name) + len(h.Value) + 32
	}
	return r, v.grow(size) // each call has its own copy
}

// initMembers are the members of the second argument that matter here.
var initMembers = map[string]bool{
	"method": true, "headers": true, "body": true, "mode": true, "credentials": true, "redirect": true, "cache": true,
	"referrer": true, "referrerPolicy": true, "targetAddressSpace": true,
}

// init evaluates the second argument of fetch.
func (v *calls) init(args []js.Arg) (*object, error) {
	if len(args) == 0 {
		return &object{}, nil
	}
	if literal, ok := args[0].Value.(*js.ObjectExpr); ok {
		return v.object(literal, initMembers)
	}
	value, err := v.value(args[0].Value)
	if err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case *object:
		return value, nil
	case undefined, nil:
		return &object{}, nil
	}
	return nil, unknownOf(args[0].Value)
}

// fetchRequest makes a request of a RequestInit
// (https://fetch.spec.whatwg.org/#requestinit).
func fetchRequest(target string, init *object) (*Request, error) {
	headers, err := headersOf(init.get("headers"))
	if err != nil {
		return nil, err
	}
	text := func(name string) string {
		s, _ := init.get(name).(string)
		return s
	}
	_, copied := init.get("referrer").(string)
	copied = copied || browsersOwn(headers) || headers.Get("Referer") != "" || headers.Get("Cookie") != "" && headers.Get("Accept-Language") != ""
	r := &Request{Script: &fetch.Request{URL: target, Method: text("method"), Headers: headers}}
	if copied {
		r = observed(text("method"), target, headers)
	}
	q := r.Script
	q.Body = nil
	r.Preflight = r.Preflight || copied && q.Method == "OPTIONS" // the copy does not have the headers that say what it asks about
	if mode := fetch.Mode(text("mode")); mode != "" {
		q.Mode = mode
	}
	if credentials := fetch.Credentials(text("credentials")); credentials != "" {
		q.Credentials = credentials
	}
	if copied && q.Credentials == fetch.CredentialsInclude && r.Cookie == "" {
		r.Notes = append(r.Notes, "fetch calls are copied without cookies; add them with --cookie")
	}
	q.Redirect, q.Cache, q.ReferrerPolicy = text("redirect"), text("cache"), text("referrerPolicy")
	if copied && q.ReferrerPolicy == "" {
		q.ReferrerPolicy = headers.Get("Referrer-Policy") // the copy is for Node.js
	}
	r.takeReferrer(text("referrer"))
	r.takeSpace(text("targetAddressSpace"))
	return r, r.takeBody(init.get("body"))
}

// takeReferrer uses the referrer as the page's URL if it is a URL.
func (r *Request) takeReferrer(referrer string) {
	o, err := origin.ParseURL(referrer)
	if err != nil || o.IsOpaque() {
		return // about:client, or no referrer
	}
	if r.Page.Origin == "" {
		r.Page.Origin = o.String()
	}
	r.Page.URL = referrer
}

func (r *Request) takeSpace(name string) {
	for space := origin.SpacePublic; space <= origin.SpaceLoopback; space++ {
		if name == space.String() {
			r.Script.TargetAddressSpace = space
		}
	}
}

// headersOf reads the headers of a call: an object, or a list of pairs.
func headersOf(v any) (fetch.Headers, error) {
	switch v.(type) {
	case undefined, nil:
		return nil, nil
	}
	pairs, ok := pairsOf(v)
	if !ok {
		return nil, &problem{what: "the headers are neither an object nor a list of pairs", hint: `write headers: {"Name": "value"}`}
	}
	if len(pairs) > maxHeaders {
		return nil, &problem{what: fmt.Sprintf("the call has more than %d headers", maxHeaders), hint: "copy one request"}
	}
	var headers fetch.Headers
	for _, p := range pairs {
		h := fetch.Header{}
		var okName, okValue bool
		h.Name, okName = bytestr.Encode(p.name)
		h.Value, okValue = bytestr.Encode(strings.Trim(p.value, "\t\r\n "))
		if !okName || !okValue {
			return nil, &problem{what: fmt.Sprintf("the header %q has a character above U+00FF, for which script gets a TypeError", p.name), hint: "encode the value"}
		}
		headers = append(headers, h)
	}
	return headers, nil
}

// takeBody sets the body.
func (r *Request) takeBody(v any) error {
	kind := fetch.BodyText
	switch v.(type) {
	case undefined, nil:
		return nil
	case search:
		kind = fetch.BodyURLEncoded
	}
	text, ok := toString(v)
	if !ok { // script would send "[object Object]"
		return &problem{what: "the body is an object, which script cannot send as it is", hint: "write body: JSON.stringify(…)"}
	}
	r.Body, r.Script.Body = []byte(text), &fetch.Body{Kind: kind}
	return nil
}
