package verdict_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func outcome(t *testing.T, req *fetch.Request, answers ...*fetch.WireResponse) *fetch.Outcome {
	t.Helper()
	page, err := fetch.NewPage(fetch.PageConfig{Origin: "https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return fetch.New(fetch.Config{}).Fetch(context.Background(), page, req, func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
		if len(answers) == 0 {
			return nil, &fetch.NetError{Code: fetch.CodeConnectionRefused, Err: os.ErrDeadlineExceeded}
		}
		a := answers[0]
		answers = answers[1:]
		return a, nil
	})
}

func TestOf(t *testing.T) {
	allowed := fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: "*"}, {Name: "Access-Control-Allow-Methods", Value: "*"}, {Name: "X-A", Value: "caf\xe9"}}
	tests := []struct {
		name, want string
		o          *fetch.Outcome
	}{
		{
			"allowed", `{"profile":"chrome","request":{"origin":"https://app.example.com","url":"https://api.example.com/i","method":"PUT",` +
				`"headers":[],"credentials":"same-origin","mode":"cors","redirect":"follow","destination":"fetch"},"result":"allowed",` +
				`"preflight":{"sent":true,"reasons":["method PUT"],"cached":false},` +
				`"response":{"type":"cors","status":200,"url":"https://api.example.com/i","redirected":false,"headers":[]},` +
				`"read_headers":{"X-A":false},"wire":[`,
			outcome(t, &fetch.Request{URL: "https://api.example.com/i", Method: "PUT"}, &fetch.WireResponse{Status: 204, Headers: allowed}, &fetch.WireResponse{Status: 200, Headers: allowed}),
		},
		{
			"bytes", `["X-A","café"]`,
			outcome(t, &fetch.Request{URL: "https://api.example.com/i"}, &fetch.WireResponse{Status: 200, Headers: allowed}),
		},
		{
			"blocked", `"result":"blocked","error":{"code":"MissingAllowOriginHeader","header":"Access-Control-Allow-Origin","message":"Access to fetch at `,
			outcome(t, &fetch.Request{URL: "https://api.example.com/i"}, &fetch.WireResponse{Status: 200}),
		},
		{
			"what would allow it", `"change":[{"field":"allow_origins","values":["https://app.example.com"],"why":"the page's origin",` +
				`"header":"Access-Control-Allow-Origin: https://app.example.com","on":"every"}]}`,
			outcome(t, &fetch.Request{URL: "https://api.example.com/i"}, &fetch.WireResponse{Status: 200}),
		},
		{
			"what would expose it", `"change":[{"field":"expose_headers","values":["X-A"],"why":"what script is to read",` +
				`"header":"Access-Control-Expose-Headers: X-A","on":"actual"}]}`,
			outcome(t, &fetch.Request{URL: "https://api.example.com/i"}, &fetch.WireResponse{Status: 200, Headers: allowed}),
		},
		{
			"what no policy exposes", `"status":200,"response_headers":[["Access-Control-Allow-Origin","*"]]}],"findings":[]}`,
			outcome(t, &fetch.Request{URL: "https://api.example.com/i"}, &fetch.WireResponse{Status: 200, Headers: fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: "*"}}}),
		},
		{
			"failed", `"error":{"code":"net::ERR_CONNECTION_REFUSED","message":"","firefox":"`,
			outcome(t, &fetch.Request{URL: "https://api.example.com/i"}),
		},
		{"its cause, which no policy changes", `,"error":"i/o timeout"}],"findings":[]}`, outcome(t, &fetch.Request{URL: "https://api.example.com/i"})},
	}
	for _, test := range tests {
		b, err := json.Marshal(verdict.Of(test.o, verdict.Facts{ReadHeaders: []string{"X-A"}}))
		if err != nil || !strings.Contains(string(b), test.want) {
			t.Errorf("%s: %v: %s\nlacks %s", test.name, err, b, test.want)
		}
		var back verdict.Verdict
		if err := json.Unmarshal(b, &back); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		again, err := json.Marshal(&back)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: read and written again: %v: %s, not %s", test.name, err, again, b)
		}
	}
}

// TestSchema checks that the types have the members that docs/verdict.schema.json describes, and that
// what is required there is never left out.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile("../../docs/verdict.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			Verdict object `json:"verdict"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	v := schema.Defs.Verdict
	v.compare(t, "verdict", reflect.TypeFor[verdict.Verdict]())
	for name, typ := range map[string]reflect.Type{
		"request": reflect.TypeFor[verdict.Request](), "error": reflect.TypeFor[verdict.Error](),
		"preflight": reflect.TypeFor[verdict.Preflight](), "response": reflect.TypeFor[verdict.Response](),
		"wire": reflect.TypeFor[verdict.Wire](), "steps": reflect.TypeFor[fetch.Step](), "change": reflect.TypeFor[verdict.Change](),
		"findings": reflect.TypeFor[verdict.Finding](),
	} {
		o := v.Properties[name]
		if o != nil && o.Items != nil {
			o = o.Items
		}
		o.compare(t, name, typ)
	}
	finding := v.Properties["findings"].Items
	finding.Properties["fix"].compare(t, "fix", reflect.TypeFor[verdict.Fix]())
	finding.Properties["place"].compare(t, "place", reflect.TypeFor[verdict.Place]())
}

type object struct {
	Required   []string           `json:"required"`
	Properties map[string]*object `json:"properties"`
	Items      *object            `json:"items"`
}

func (o *object) compare(t *testing.T, name string, typ reflect.Type) {
	t.Helper()
	if o == nil {
		t.Errorf("the schema has no %s", name)
		return
	}
	members := map[string]bool{}
	for i := range typ.NumField() {
		member, option, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		members[member] = true
		if o.Properties[member] == nil {
			t.Errorf("%s: the schema has no %s", name, member)
		}
		if slices.Contains(o.Required, member) != (option == "") {
			t.Errorf("%s: %s is required in one of schema and type", name, member)
		}
	}
	for member := range o.Properties {
		if !members[member] {
			t.Errorf("%s: the type has no %s", name, member)
		}
	}
}

// TestPreflightOf checks which preflight belongs to a request.
func TestPreflightOf(t *testing.T) {
	const url = "https://api.example.com/"
	v := &verdict.Verdict{Wire: []verdict.Wire{
		{Kind: fetch.KindPreflight, URL: url},
		{Kind: fetch.KindActual, URL: url},
		{Kind: fetch.KindPreflight, URL: url, Hop: 1},
		{Kind: fetch.KindActual, URL: url, Hop: 1},
		{Kind: fetch.KindActual, URL: url + "other"},
	}}
	for i, want := range []*verdict.Wire{nil, &v.Wire[0], nil, &v.Wire[2], nil} {
		if got := v.PreflightOf(&v.Wire[i]); got != want {
			t.Errorf("%d: %+v", i, got)
		}
	}
}
