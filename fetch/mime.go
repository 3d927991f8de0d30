package fetch

import "strings"

// loadRules are the points on which browsers differ in what they do with a
// response after its head has passed.
type loadRules struct {
	// bodyMustStart: a response counts only once the first byte of its body has
	// come; if the body breaks off before, there is no response.
	bodyMustStart bool
	// bodyFailsOpaque: fetch() in no-cors mode rejects if the body of its opaque
	// response breaks off.
	bodyFailsOpaque bool
	// opaqueBlocking returns why a response without CORS is data, which no
	// element gets (opaque response blocking), or "". Nil means that it is not
	// asked.
	opaqueBlocking func(*responseType, *Received, Destination) string
	// mediaFirst: a script of a media type is refused for that, even with
	// nosniff, and so are modules. These rules come before opaque response
	// blocking.
	mediaFirst bool
	// anyCharset: an event stream may declare any charset; it is read as UTF-8.
	anyCharset bool
	// strictStyle: a stylesheet must be text/css. Otherwise only nosniff asks
	// for that.
	strictStyle bool
	// unknownCORP: with require-corp, any Cross-Origin-Resource-Policy will do,
	// even one that has no meaning.
	unknownCORP bool
	// strictWorkers: the script of a worker must have a JavaScript type.
	strictWorkers bool
}

var (
	chromiumLoad = loadRules{opaqueBlocking: chromiumBlocks}
	firefoxLoad  = loadRules{
		bodyMustStart: true, bodyFailsOpaque: true, opaqueBlocking: firefoxBlocks, mediaFirst: true, anyCharset: true,
		unknownCORP: true, strictStyle: true, strictWorkers: true,
	}
)

// typeRule is a rule about the type of a response.
type typeRule uint8

// The rules.
const (
	anyType       typeRule = iota
	scriptNosniff          // a script with nosniff must have a JavaScript type
	scriptBlocked          // a script is neither an image, audio, video nor CSV
	moduleType             // a module must have a JavaScript type
	jsonType               // a JSON module must have a JSON type
	cssModuleType          // a CSS module must be text/css
	styleNosniff           // a stylesheet with nosniff must be text/css
	styleType              // a stylesheet must be text/css
	workerType             // the script of a worker must have a JavaScript type
	serviceWorker          // that of a service worker must, too
	eventType              // an event stream must be text/event-stream
	eventCharset           // an event stream must be UTF-8
	eventStatus            // an event stream must have status 200
	opaqueBlocked          // opaque response blocking
)

// responseType is the MIME type of a response.
type responseType struct {
	essence string // in lower case; "" if there is none that can be read
	charset string
	nosniff bool
}

// typeOf extracts the MIME type
// (https://fetch.spec.whatwg.org/#concept-header-extract-mime-type): the last
// one that can be read. It also determines nosniff
// (https://fetch.spec.whatwg.org/#determine-nosniff).
func typeOf(headers Headers) (t responseType) {
	for _, part := range splitOutsideQuotes(headers.Get("Content-Type")) {
		essence, ok := mimeEssence(part)
		if !ok || essence == "*/*" {
			continue
		}
		charset := charsetOf(part)
		if essence != t.essence || charset != "" {
			t.charset = charset
		}
		t.essence = essence
	}
	first, _, _ := strings.Cut(headers.Get("X-Content-Type-Options"), ",")
	t.nosniff = equalFold(trimOWS(first), "nosniff")
	return t
}

// splitOutsideQuotes splits a header value at the commas that are not in quoted
// strings (https://fetch.spec.whatwg.org/#header-value-get-decode-and-split).
func splitOutsideQuotes(v string) (parts []string) {
	begin, quoted := 0, false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			parts = append(parts, v[begin:i])
			begin = i + 1
		}
	}
	return append(parts, v[begin:])
}

// charsetOf returns the charset parameter of a MIME type, or "": the first that
// is well-formed (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type).
func charsetOf(v string) string {
	const httpSpace = "\t\n\r "
	_, rest, more := strings.Cut(trimHTTPSpace(v), ";")
	for more {
		rest = strings.TrimLeft(rest, httpSpace)
		end := strings.IndexAny(rest, ";=")
		if end < 0 {
			break
		}
		name, value := rest[:end], ""
		if rest[end] == ';' {
			rest = rest[end+1:]
			continue
		}
		rest = rest[end+1:]
		if strings.HasPrefix(rest, `"`) {
			value, rest = quotedString(rest[1:])
			_, rest, more = strings.Cut(rest, ";")
		} else {
			value, rest, more = strings.Cut(rest, ";")
			if value = strings.TrimRight(value, httpSpace); value == "" {
				continue
			}
		}
		if equalFold(name, "charset") && isQuotable(value) {
			return value
		}
	}
	return ""
}

// quotedString returns the value of a quoted string, of which v is what follows
// the first quote, and the rest after it. The end of v ends the string, too
// (https://fetch.spec.whatwg.org/#collect-an-http-quoted-string).
func quotedString(v string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == '"':
			return b.String(), v[i+1:]
		case v[i] == '\\' && i+1 < len(v):
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String(), ""
}

// isQuotable reports whether a parameter can have a value
// (https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point).
func isQuotable(v string) bool {
	return strings.IndexFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) < 0
}

// isScript, isJSON and isXML are groups of MIME types
// (https://mimesniff.spec.whatwg.org/#mime-type-groups).
func (t *responseType) isScript() bool {
	group, sub, _ := strings.Cut(t.essence, "/")
	switch sub {
	case "javascript", "ecmascript", "x-javascript", "x-ecmascript":
		return group == "text" || group == "application"
	case "javascript1.0", "javascript1.1", "javascript1.2", "javascript1.3", "javascript1.4", "javascript1.5", "jscript", "livescript":
		return group == "text"
	}
	return false
}

func (t *responseType) isJSON() bool {
	return t.essence == "application/json" || t.essence == "text/json" || strings.HasSuffix(t.essence, "+json")
}

func (t *responseType) isXML() bool {
	return t.essence == "application/xml" || t.essence == "text/xml" || strings.HasSuffix(t.essence, "+xml")
}

// isMedia reports whether no script can have the type
// (https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?).
func (t *responseType) isMedia() bool {
	group, _, _ := strings.Cut(t.essence, "/")
	return group == "image" || group == "audio" || group == "video" || t.essence == "text/csv"
}

// checkType refuses a response of a type that its destination cannot use.
// fetch() and XMLHttpRequest take any type, and so do fonts, tracks and media,
// which are decoded.
func (m *machine) checkType(resp *WireResponse) *Error {
	if m.req.dest == DestinationFetch || m.req.dest == DestinationXHR {
		return nil
	}
	t := typeOf(resp.Headers)
	rule := m.brokenRule(resp, &t)
	if rule == anyType {
		return nil
	}
	e := m.fail("", ruleSections[rule])
	e.Reason, e.Parameter, e.rule, e.status = ReasonMIMEType, t.essence, rule, resp.Status
	switch rule {
	case opaqueBlocked:
		e.Code, e.Reason = codeORB, ReasonOpaqueBlocked
		e.value = m.r.load.opaqueBlocking(&t, resp.Body, m.req.dest)
	case styleNosniff:
		e.Code = CodeAborted
	case eventStatus:
		e.Reason = ReasonEventStatus
	case eventCharset:
		e.Parameter = t.charset
	}
	return e
}

var ruleSections = [...]string{
	scriptNosniff: "should-response-to-request-be-blocked-due-to-nosniff?", scriptBlocked: "should-response-to-request-be-blocked-due-to-mime-type?",
	moduleType: "concept-main-fetch", jsonType: "concept-main-fetch", cssModuleType: "concept-main-fetch",
	styleNosniff: "should-response-to-request-be-blocked-due-to-nosniff?", styleType: "concept-main-fetch",
	workerType: "concept-main-fetch", serviceWorker: "concept-main-fetch",
	eventType: "concept-main-fetch", eventCharset: "concept-main-fetch", eventStatus: "concept-main-fetch",
	opaqueBlocked: "concept-main-fetch",
}

// brokenRule returns the rule that a response breaks, or anyType.
func (m *machine) brokenRule(resp *WireResponse, t *responseType) typeRule {
	load := &m.r.load
	blocked := m.taint == TypeOpaque && load.opaqueBlocking != nil && load.opaqueBlocking(t, resp.Body, m.req.dest) != ""
	rule := m.ruleOfDestination(resp.Status, t)
	if blocked && (rule == anyType || rule == styleType || !load.mediaFirst) {
		return opaqueBlocked
	}
	return rule
}

// ruleOfDestination returns the rule of the destination that a response breaks,
// or anyType.
func (m *machine) ruleOfDestination(status int, t *responseType) typeRule {
	load := &m.r.load
	switch m.req.dest {
	case DestinationWorker, DestinationSharedWorker:
		if load.strictWorkers && !t.isScript() && !t.isMedia() {
			return workerType
		}
		return t.brokenByScript(load.mediaFirst)
	case DestinationScript:
		return t.brokenByScript(load.mediaFirst)
	case DestinationServiceWorker:
		return unless(t.isScript(), serviceWorker)
	case DestinationModule:
		if load.mediaFirst && t.isMedia() {
			return scriptBlocked
		}
		return unless(t.isScript(), moduleType)
	case DestinationJSON:
		return unless(t.isJSON(), jsonType)
	case DestinationCSSModule:
		if t.nosniff {
			return unless(t.essence == "text/css", styleNosniff)
		}
		return unless(t.essence == "text/css", cssModuleType)
	case DestinationStyle:
		return t.brokenByStyle(load.strictStyle)
	case DestinationEventSource:
		return t.brokenByEvents(status, load.anyCharset)
	}
	return anyType
}

func (t *responseType) brokenByStyle(strict bool) typeRule {
	switch {
	case t.essence == "text/css":
	case t.nosniff:
		return styleNosniff
	case strict && t.essence != "":
		return styleType
	}
	return anyType
}

func unless(ok bool, rule typeRule) typeRule {
	if ok {
		return anyType
	}
	return rule
}

func (t *responseType) brokenByScript(mediaFirst bool) typeRule {
	switch {
	case mediaFirst && t.isMedia():
		return scriptBlocked
	case t.nosniff && !t.isScript():
		return scriptNosniff
	case t.isMedia():
		return scriptBlocked
	}
	return anyType
}

// brokenByEvents is the check of an EventSource
// (https://html.spec.whatwg.org/#the-eventsource-interface).
func (t *responseType) brokenByEvents(status int, anyCharset bool) typeRule {
	switch {
	case status != 200:
		return eventStatus
	case t.essence != "text/event-stream":
		return eventType
	case t.charset != "" && !anyCharset && !equalFold(t.charset, "utf-8"):
		return eventCharset
	}
	return anyType
}
