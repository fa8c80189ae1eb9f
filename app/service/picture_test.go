package service_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// Only those who may read a message can look at its picture, and only as long as it is there.
func TestWhoMaySeePictures(t *testing.T) {
	t.Parallel()
	s := openWithFiles(t, t.TempDir(), 10_000, 100_000)
	ann, bob, eve := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2)), testkit.Connect(t, s, testkit.Enrol(t, s, "eve", 3))
	meet(t, ann, "bob", "eve")
	ops, err := ann.Groups().NewGroup(t.Context(), "ops", false, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	m := mustAttach(t, ann, ops, "dark.png", file.String())
	see := func(s *service.Session, seq chat.Seq) error {
		img, err := s.Files().Picture(t.Context(), ops, seq, image.Pt(10, 10))
		if err == nil && img.Rect.Size() != image.Pt(10, 5) {
			t.Errorf("it is %v", img.Rect)
		}
		return err
	}
	if err := see(bob, m.Seq); err != nil {
		t.Error(err)
	}
	if err := see(eve, m.Seq); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("eve, who is no member: %v", err)
	}
	if err := ann.Groups().AddMembers(t.Context(), ops, []string{"eve"}); err != nil {
		t.Fatal(err)
	}
	if err := see(eve, m.Seq); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("eve, who has joined later: %v", err)
	}
	if err := see(bob, mustAttach(t, ann, ops, "notes.png", "no picture").Seq); !errors.Is(err, text.ErrInvalid) || !chat.IsRefusal(err) {
		t.Errorf("the answer for another file is %v", err)
	}
	if _, err := ann.Messages().Delete(t.Context(), ops, m.Seq); err != nil {
		t.Fatal(err)
	}
	if err := see(bob, m.Seq); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the answer for a deleted message is %v", err)
	}
}
