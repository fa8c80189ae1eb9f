package dialog

import (
	"context"
	"slices"
	"testing"
	"time"

	"confab/app/chat"
	"confab/tui/keymap"
)

// follower follows threads, some of which have unread replies.
type follower []chat.FollowedThread

func (f follower) Followed(_ context.Context, all bool) ([]chat.FollowedThread, error) {
	if all {
		return f, nil
	}
	return slices.DeleteFunc(slices.Clone(f), func(t chat.FollowedThread) bool { return t.Unread == 0 }), nil
}

func TestThreads(t *testing.T) {
	list := follower{
		{Conversation: 7, Root: &chat.Message{Seq: 3, AuthorName: "bob", Body: "Is the\nbuild green?", Replies: 4, LastReplyAt: start}, Unread: 2},
		{Conversation: 8, Root: &chat.Message{Seq: 5, AuthorName: "eve", DeletedAt: start}},
	}
	v := NewOverlay(OverlayOptions{Threads: list, Zone: time.UTC})
	v.Update(v.ReadThreads()())
	if v.UnreadThreads() != 1 || v.ReadThreads() == nil || v.ReadThreads() != nil {
		t.Errorf("%d threads have unread replies, want 1", v.UnreadThreads())
	}
	d := &Threads{list: list, zone: time.UTC}
	s := newScreen(t, 60, 8)
	s.show(d)
	s.shows("Threads that you follow: 2", "bob: Is the build green?", "2 unread, 4 in the thread, last 24 Nov 14:02", "eve: deleted")
	d.Update(Key{keymap.Down})
	if r, _ := d.Update(Key{keymap.Send}); r != (Result{Close: true, Open: 8, Thread: 5}) {
		t.Errorf("Enter asks for %+v", r)
	}
	if r, _ := d.Update(Key{keymap.Escape}); r != (Result{Close: true}) {
		t.Errorf("Esc asks for %+v", r)
	}
}
