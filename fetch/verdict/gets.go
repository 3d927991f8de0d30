package verdict

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// gets are what script gets of a response that is not opaque, by destination,
// and of one that is; status and headers are never part of it.
var gets = map[fetch.Destination]struct{ readable, opaque string }{
	fetch.DestinationImage: {
		"the image's pixels, for example from a canvas",
		"the image's size; a canvas with the image in it can no longer be read",
	},
	fetch.DestinationAudio: {
		"the samples, through Web Audio, and what can be heard",
		"the duration and what can be heard, but no samples",
	},
	fetch.DestinationVideo: {
		"the frames, for example from a canvas, and the sound",
		"the size and duration; a canvas with a frame in it can no longer be read",
	},
	fetch.DestinationScript: {
		"what the script defines and, in window.onerror, its errors in full; not its text",
		`what the script defines; of its errors only "Script error."`,
	},
	fetch.DestinationModule:    {"the module's exports; not its text", ""},
	fetch.DestinationJSON:      {"the value, as the module's default export", ""},
	fetch.DestinationCSSModule: {"the stylesheet and its rules, as the module's default export", ""},
	fetch.DestinationStyle: {
		"the rules of the stylesheet, in its cssRules",
		"how elements look; to read cssRules throws a SecurityError",
	},
	fetch.DestinationFont:          {"how text looks and how wide it is; not the font's bytes", ""},
	fetch.DestinationTrack:         {"the cues of the track", ""},
	fetch.DestinationManifest:      {"nothing; the browser itself reads the manifest", ""},
	fetch.DestinationEventSource:   {"the messages of the stream, one event each", ""},
	fetch.DestinationWebSocket:     {"the messages, once the connection is open, and how it is closed", ""},
	fetch.DestinationWorker:        {"the messages that the worker posts", ""},
	fetch.DestinationSharedWorker:  {"the messages that the worker posts", ""},
	fetch.DestinationServiceWorker: {"the registration; the worker then answers the page's requests", ""},
}

// Gets says what script gets of the response, without control characters; empty
// if it gets nothing of it.
func (v *Verdict) Gets() string {
	r := v.Response
	if r == nil {
		return ""
	}
	if g, ok := gets[v.Request.Destination]; ok {
		text := g.readable
		if r.Type == fetch.TypeOpaque {
			text = g.opaque
		}
		return text + "; never status or headers"
	}
	if v.Result == fetch.Opaque {
		return ""
	}
	names := make([]string, 0, len(r.Headers))
	for _, h := range r.Headers {
		names = append(names, Printable(h.Name))
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	list := strings.Join(names, ", ")
	if v.Error != nil {
		return fmt.Sprintf("status %d, and the headers: %s; not the whole body", r.Status, list)
	}
	return fmt.Sprintf("status %d, the body, and the headers: %s", r.Status, list)
}

// seenBody says how a body that broke off reaches script that has the response
// already.
func (v *Verdict) seenBody() string {
	name := "TypeError"
	if v.Profile == fetch.Firefox.String() && strings.HasPrefix(v.Error.Exception, "The operation was aborted") {
		name = "AbortError"
	}
	return Printable(fmt.Sprintf("a response with status %d; reading its body rejects with %s: %s", v.Response.Status, name, v.Error.Exception))
}
