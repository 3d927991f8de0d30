package paste

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/url"
	"path"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
)

// parseCurl reads curl commands.
func parseCurl(text string, values given) ([]*Request, error) {
	commands, err := split(text, values)
	if err != nil {
		return nil, err
	}
	var requests []*Request
	for _, c := range commands {
		words, err := curlWords(c)
		if err != nil {
			return nil, err
		}
		if words == nil {
			continue
		}
		if requests, err = c.requests(words[1:], requests); err != nil {
			return nil, err
		}
	}
	if len(requests) == 0 {
		return nil, &problem{what: "there is no curl command in the paste", hint: hintForms}
	}
	return withoutPreflights(requests), nil
}

// split splits a paste into commands, as the shell that it is for does.
func split(text string, values given) ([]command, error) {
	if isForCmd(text) {
		return cmdCommands(text, values)
	}
	return posixCommands(text, values)
}

// before are words that may come before curl: copied prompts, and commands that
// run it.
var before = map[string]bool{"$": true, "%": true, ">": true, "#": true, "time": true, "sudo": true, "exec": true, "command": true}

// curlWords returns the words of a curl command without what comes before curl,
// such as variables that are set for it. It returns nil for any other command,
// which is ignored.
func curlWords(c command) ([]string, error) {
	words := c.words
	for len(words) > 0 && (before[words[0]] || isAssignment(words[0])) {
		words = words[1:]
	}
	if len(words) == 0 {
		return nil, nil
	}
	if strings.HasPrefix(words[0], "-") {
		return nil, &problem{line: c.line, what: fmt.Sprintf("a line begins with %q, which is part of a command", words[0]), hint: "end the line before it with \\, or with ^ for cmd.exe"}
	}
	name := strings.ToLower(path.Base(strings.ReplaceAll(words[0], `\`, "/")))
	if name != "curl" && name != "curl.exe" {
		return nil, nil
	}
	return words, nil
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") == ""
}

// transfer is what the options of a curl command ask for, up to --next.
type transfer struct {
	command
	urls    []string
	method  string
	headers fetch.Headers
	data    []string
	hasData bool
	json    bool
	form    [][2]string
	query   []string // of --url-query

	get, head, globoff bool

	cookies            []string
	insecure           bool
	connectTo, resolve []string
}

// requests reads the options of a command and appends its requests.
func (c command) requests(words []string, requests []*Request) (_ []*Request, err error) {
	before := len(requests)
	t := &transfer{command: c}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch word {
		case "--next", "-:":
			if requests, err = t.finish(requests); err != nil {
				return nil, err
			}
			t = &transfer{command: c}
			continue
		case "--":
			t.urls, words = append(t.urls, words...), nil
			continue
		}
		if words, err = t.argument(word, words); err != nil {
			return nil, err
		}
	}
	if len(t.urls) == 0 && len(requests) == before {
		return nil, t.fail("there is no URL in the command", "copy the whole command")
	}
	return t.finish(requests)
}

func (t *transfer) fail(what, hint string) error {
	return &problem{line: t.line, what: what, hint: hint}
}

// argument reads one argument, and its value from those that follow. It returns
// the arguments that are left.
func (t *transfer) argument(word string, rest []string) ([]string, error) {
	switch {
	case len(word) < 2 || word[0] != '-':
		if word != "localhost" && !strings.ContainsAny(word, ".:/") {
			return nil, t.fail(fmt.Sprintf("curl would read %q as a URL", word), "put quotes around words that belong together; write a method as -X METHOD")
		}
		t.urls = append(t.urls, word)
		return rest, nil
	case strings.HasPrefix(word, "--"):
		name := word[2:]
		takes, known := takesValue[name]
		switch {
		case !known:
			return nil, t.fail(fmt.Sprintf("curl option %s is unknown", word), "leave it out if it does not change the request")
		case !takes:
			return rest, t.set(name, "")
		case len(rest) == 0:
			return nil, t.fail(fmt.Sprintf("there is no value after %s", word), "copy the whole command")
		}
		return rest[1:], t.set(name, rest[0])
	}
	for i := 1; i < len(word); i++ {
		name, known := longOption[word[i]]
		switch takes := takesValue[name]; {
		case !known:
			return nil, t.fail(fmt.Sprintf("curl option -%c is unknown", word[i]), "leave it out if it does not change the request")
		case !takes:
			if err := t.set(name, ""); err != nil {
				return nil, err
			}
		case i+1 < len(word):
			return rest, t.set(name, word[i+1:])
		case len(rest) == 0:
			return nil, t.fail(fmt.Sprintf("there is no value after -%c", word[i]), "copy the whole command")
		default:
			return rest[1:], t.set(name, rest[0])
		}
	}
	return rest, nil
}

// set applies an option. Options about the connection, the output or other
// protocols do not change the request and are ignored.
func (t *transfer) set(name, value string) error {
	switch name {
	case "url":
		t.urls = append(t.urls, value)
	case "request":
		t.method = value
	case "header":
		return t.header(value)
	case "user-agent":
		t.add("User-Agent", value)
	case "referer":
		value, _, _ = strings.Cut(value, ";auto")
		t.add("Referer", value)
	case "cookie":
		switch {
		case value == "": // only keeps cookies between URLs
		case !strings.Contains(value, "="):
			return t.reads("--cookie", value)
		default:
			t.cookies = append(t.cookies, value)
		}
	case "digest", "ntlm", "negotiate", "anyauth":
		return t.fail(fmt.Sprintf("--%s answers a challenge from the server, which script cannot do", name), "leave it out, or set the header that it results in: -H 'Authorization: …'")
	case "request-target":
		return t.fail("--request-target requests something other than the URL, which browsers cannot do", "write the whole URL")
	case "user":
		if !strings.Contains(value, ":") {
			return t.fail("--user has no password, so curl would ask for one", "write USER:PASSWORD; any password will do if only CORS matters")
		}
		t.add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(value)))
	case "oauth2-bearer":
		t.add("Authorization", "Bearer "+value)
	case "range":
		t.add("Range", "bytes="+value)
	case "get":
		t.get = true
	case "head":
		t.head = true
	case "globoff":
		t.globoff = true
	case "insecure":
		t.insecure = true
	case "connect-to":
		t.connectTo = append(t.connectTo, value)
	case "resolve":
		t.resolve = append(t.resolve, value)
	case "config", "variable":
		return t.reads("--"+name, value)
	case "upload-file":
		return t.reads("--"+name, value)
	case "url-query":
		if raw, ok := strings.CutPrefix(value, "+"); ok {
			t.query = append(t.query, raw)
			return nil
		}
		return t.urlencoded(&t.query, value)
	default:
		return t.setBody(name, value)
	}
	return nil
}

// setBody applies an option that sets the body.
func (t *transfer) setBody(name, value string) error {
	switch name {
	case "data", "data-ascii", "data-binary", "json":
		if strings.HasPrefix(value, "@") {
			return t.reads("--"+name, value)
		}
		t.json = t.json || name == "json"
		t.data, t.hasData = append(t.data, value), true
	case "data-raw":
		t.data, t.hasData = append(t.data, value), true
	case "data-urlencode":
		t.hasData = true
		return t.urlencoded(&t.data, value)
	case "form", "form-string":
		field, content, ok := strings.Cut(value, "=")
		if !ok {
			return t.fail(fmt.Sprintf("--%s %q has no =", name, value), "write NAME=VALUE")
		}
		if name == "form" && content != "" && (content[0] == '@' || content[0] == '<') {
			return t.reads("--form", value)
		}
		t.form = append(t.form, [2]string{field, content})
	}
	return nil
}

// reads returns the error for an option that would read a file. A paste comes
// from somebody else, so it must not.
func (t *transfer) reads(option, value string) error {
	hint := "write its content in the command, or pass the request as flags: corsac check URL --origin ORIGIN --data-binary @FILE"
	switch option {
	case "--cookie":
		hint = "write the cookies: --cookie NAME=VALUE"
	case "--form":
		hint = "pass the request as flags: corsac check URL --origin ORIGIN -F NAME=@FILE"
	case "--config", "--header", "--variable":
		hint = "write the content of the file in the command"
	}
	return t.fail(fmt.Sprintf("%s %q would read a file, which a paste must not do", option, value), hint)
}

func (t *transfer) add(name, value string) {
	t.headers = append(t.headers, fetch.Header{Name: name, Value: value})
}

// header reads "Name: value", "Name;" for an empty value, and "Name:", which
// keeps curl from sending a header of its own.
func (t *transfer) header(line string) error {
	if strings.HasPrefix(line, "@") {
		return t.reads("--header", line)
	}
	name, value, ok := strings.Cut(line, ":")
	switch {
	case !ok:
		if name, ok = strings.CutSuffix(line, ";"); !ok {
			return t.fail(fmt.Sprintf("the header %q has no colon", line), "write 'Name: value'")
		}
	case strings.HasPrefix(line, ":"): // a pseudo-header of HTTP/2, which some tools copy
		return nil
	case strings.TrimSpace(value) == "":
		return nil
	}
	value = strings.Trim(value, " \t\r\n")
	if strings.EqualFold(name, "Cookie") {
		t.cookies = append(t.cookies, value)
		return nil
	}
	t.add(name, value)
	return nil
}

// urlencoded reads "content", "=content" or "name=content", and encodes the
// content.
func (t *transfer) urlencoded(to *[]string, value string) error {
	i := strings.IndexAny(value, "=@")
	switch {
	case i >= 0 && value[i] == '@':
		return t.reads("--data-urlencode", value)
	case i <= 0:
		value = url.QueryEscape(strings.TrimPrefix(value, "="))
	default:
		value = value[:i+1] + url.QueryEscape(value[i+1:])
	}
	*to = append(*to, value)
	return nil
}

// maxURLs bounds the URLs of a command. Each makes a separate request.
const maxURLs = 16

// maxHeaders bounds the headers of a request.
const maxHeaders = 1000

// finish appends the requests, one per URL.
func (t *transfer) finish(requests []*Request) ([]*Request, error) {
	switch {
	case len(t.urls) > maxURLs:
		return nil, t.fail(fmt.Sprintf("the command has more than %d URLs", maxURLs), "copy one request")
	case len(t.headers) > maxHeaders:
		return nil, t.fail(fmt.Sprintf("the command has more than %d headers", maxHeaders), "copy one request")
	case len(requests)+len(t.urls) > maxRequests:
		return nil, errTooMany
	}
	if len(t.cookies) > 0 {
		t.add("Cookie", strings.Join(t.cookies, "; "))
	}
	body, headers, err := t.body()
	if err != nil {
		return nil, err
	}
	for _, raw := range t.urls {
		target, err := t.target(raw)
		if err != nil {
			return nil, err
		}
		requests = append(requests, t.request(target, headers, body))
	}
	return requests, nil
}

// glob finds a range or a list, which curl expands to several URLs. The
// brackets of an IPv6 address are not a range.
var glob = lazyregexp.New(`[^\\/@]\[|[^/:]/\[|[^\\]\{`)

// target returns the URL that curl would request.
func (t *transfer) target(raw string) (string, error) {
	if !t.globoff {
		if found := glob.Get().FindString(raw); found != "" {
			return "", t.fail(fmt.Sprintf("curl reads %q in a URL as the start of a range or list", found[len(found)-1:]), "write one URL, or add -g to keep the character")
		}
		raw = strings.NewReplacer(`\[`, "[", `\]`, "]", `\{`, "{", `\}`, "}").Replace(raw)
	}
	if !strings.Contains(raw, "://") && !strings.HasPrefix(raw, "data:") && !strings.HasPrefix(raw, "blob:") {
		raw = "http://" + raw
	}
	query := t.query
	if t.get {
		query = append(query, t.data...)
	}
	if len(query) == 0 {
		return raw, nil
	}
	raw, fragment, hasFragment := strings.Cut(raw, "#")
	separator := "?"
	if strings.Contains(raw, "?") {
		separator = "&"
	}
	raw += separator + strings.Join(query, "&")
	if hasFragment {
		raw += "#" + fragment
	}
	return raw, nil
}

func (t *transfer) request(target string, headers fetch.Headers, body *curlBody) *Request {
	method := "GET"
	switch {
	case t.head:
		method = "HEAD"
	case body != nil:
		method = "POST"
	}
	if t.method != "" {
		method = t.method
	}
	understand := written
	if browsersOwn(headers) || (&fetch.Recorded{WireRequest: fetch.WireRequest{Method: method, Headers: headers}}).IsPreflight() {
		understand = observed
	}
	r := understand(method, target, headers)
	r.Script.Body = nil
	if body != nil {
		r.Body, r.Script.Body = body.content, &fetch.Body{Kind: body.kind, Boundary: body.boundary}
	}
	r.Insecure, r.ConnectTo, r.Resolve = t.insecure, t.connectTo, t.resolve
	return r
}

type curlBody struct {
	content  []byte
	kind     fetch.BodyKind
	boundary string
}

// body returns the body, and the headers with those that curl adds for it.
func (t *transfer) body() (*curlBody, fetch.Headers, error) {
	headers := t.headers
	set := func(name, v string) {
		if headers.Get(name) == "" {
			headers = append(headers[:len(headers):len(headers)], fetch.Header{Name: name, Value: v})
		}
	}
	switch {
	case len(t.form) > 0:
		body, err := t.formData()
		return body, headers, err
	case !t.hasData || t.get:
		return nil, headers, nil
	case t.json:
		set("Content-Type", "application/json")
		set("Accept", "application/json")
		return &curlBody{content: []byte(strings.Join(t.data, "")), kind: fetch.BodyBytes}, headers, nil
	}
	set("Content-Type", "application/x-www-form-urlencoded")
	return &curlBody{content: []byte(strings.Join(t.data, "&")), kind: fetch.BodyBytes}, headers, nil
}

func (t *transfer) formData() (*curlBody, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, field := range t.form {
		if err := w.WriteField(field[0], field[1]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return &curlBody{content: b.Bytes(), kind: fetch.BodyFormData, boundary: w.Boundary()}, nil
}
