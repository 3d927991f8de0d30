package fetch

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestHeaders(t *testing.T) {
	list := Headers{{"x-a", " 1"}, {"X-B", "2"}, {"X-A", "3\t"}, {"X-Empty", ""}}
	for _, tt := range []struct {
		name, get string
		values    []string
	}{
		{"X-A", "1, 3", []string{" 1", "3\t"}},
		{"x-b", "2", []string{"2"}},
		{"x-empty", "", []string{""}},
		{"X-C", "", nil},
		{"\u212a", "", nil}, // KELVIN SIGN does not fold to k here
		{"", "", nil},
	} {
		if got := list.Get(tt.name); got != tt.get {
			t.Errorf("Get(%q) = %q, want %q", tt.name, got, tt.get)
		}
		if got := list.Values(tt.name); !reflect.DeepEqual(got, tt.values) {
			t.Errorf("Values(%q) = %q, want %q", tt.name, got, tt.values)
		}
		if got := list.Has(tt.name); got != (tt.values != nil) {
			t.Errorf("Has(%q) = %t", tt.name, got)
		}
	}
	if list.Del("x-A"); !reflect.DeepEqual(list, Headers{{"X-B", "2"}, {"X-Empty", ""}}) {
		t.Errorf("after Del: %q", list)
	}
	var none Headers
	if none.Del("X-A"); none != nil || none.Has("X-A") || none.Get("X-A") != "" || none.Values("X-A") != nil {
		t.Errorf("nil: %q", none)
	}
}

func TestHeadersJSON(t *testing.T) {
	list := Headers{{"X-A", "\xe9"}, {"x-a", ""}}
	b, err := json.Marshal(list)
	if want := `[["X-A","é"],["x-a",""]]`; err != nil || string(b) != want {
		t.Fatalf("%s, %v, want %s", b, err, want)
	}
	var again Headers
	if err := json.Unmarshal(b, &again); err != nil || !reflect.DeepEqual(again, list) {
		t.Errorf("%q, %v", again, err)
	}
	for _, bad := range []string{`[["a"]]`, `[["a","b","c"]]`, `["a: b"]`, `{"a":"b"}`, `[["a","€"]]`} {
		if json.Unmarshal([]byte(bad), &again) == nil {
			t.Errorf("%s is accepted as %q", bad, again)
		}
	}
}
