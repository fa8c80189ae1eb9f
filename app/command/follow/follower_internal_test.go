package follow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/keys"
)

// If the number of a message is not the next one, messages are missing. The follower reads
// them and emits them before it, each once.
func TestAFollowerReadsWhatIsMissing(t *testing.T) {
	t.Parallel()
	store := testkit.OpenStore(t, t.TempDir())
	service := testkit.Start(t, store, service.Options{})
	defer func() {
		service.Close("the test is over")
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	found, err := keys.ParseAuthorized(strings.NewReader("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.Accounts().AddKeys(t.Context(), "ann", found); err != nil {
		t.Fatal(err)
	}
	ann, err := service.OpenScript(t.Context(), found[0].Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	defer ann.Close()
	general, err := ann.Groups().Find(t.Context(), "#general")
	if err != nil {
		t.Fatal(err)
	}
	var posted []*chat.Message
	for i := range 5 {
		id, err := ann.NewID()
		if err != nil {
			t.Fatal(err)
		}
		m, err := ann.Messages().Send(t.Context(), chat.NewMessage{ID: id, Conversation: general.ID, Body: fmt.Sprint(i + 1)})
		if err != nil {
			t.Fatal(err)
		}
		posted = append(posted, m)
	}
	var came []string
	f := New(ann, func(_ chat.ConversationSummary, m *chat.Message) error { came = append(came, m.Body); return nil })
	f.Add(general, general.LastSeq)
	// The second and the third messages are lost on the way, and the last one comes
	// twice.
	for _, m := range []*chat.Message{posted[0], posted[3], posted[4], posted[4]} {
		if err := f.Handle(t.Context(), chat.Batch{Events: []chat.Event{chat.MessagePosted{Message: m}}}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"1", "2", "3", "4", "5"}; !slices.Equal(came, want) {
		t.Errorf("%q come, want %q", came, want)
	}
}
