package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"confab/app/chat"
)

func requests(w *world) {
	ctx := w.Context()
	put := func(name string) chat.JoinRequest {
		w.Helper()
		r := chat.JoinRequest{
			Fingerprint: "SHA256:" + name, KeyLine: "ssh-ed25519 " + name, Name: name, Note: "I am " + name, Address: "192.0.2.1",
			State: chat.RequestPending, AskedAt: w.now(),
		}
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.PutRequest(ctx, r) })
		got := must(w.JoinRequest(ctx, r.Fingerprint))(w)
		r.ID = got.ID
		if !got.AskedAt.Equal(r.AskedAt) {
			w.Errorf("%s asked at %v, want %v", name, got.AskedAt, r.AskedAt)
		}
		if r.AskedAt = got.AskedAt; got != r {
			w.Errorf("the request is %+v, want %+v", got, r)
		}
		return r
	}
	eve, fay := put("eve"), put("fay")
	waiting := func(want ...string) {
		w.Helper()
		got := each(must(w.PendingRequests(ctx, 10))(w), func(r chat.JoinRequest) string { return r.Name })
		if n := must(w.CountRequests(ctx))(w); !slices.Equal(got, want) || n != len(want) {
			w.Errorf("%d wait: %v, want %v", n, got, want)
		}
	}
	waiting("eve", "fay")
	if got := must(w.PendingRequests(ctx, 1))(w); len(got) != 1 {
		w.Errorf("a page of one request has %d", len(got))
	}
	eve.State = chat.RequestRefused
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.PutRequest(ctx, eve) })
	waiting("fay")
	if got := must(w.JoinRequestByID(ctx, must(w.JoinRequest(ctx, "SHA256:eve"))(w).ID))(w); got.State != chat.RequestRefused || got.Name != "eve" {
		w.Errorf("the request that was refused is %+v", got)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		n, err := tx.PruneRequests(ctx, fay.AskedAt)
		if n != 1 {
			w.Errorf("%d requests are old", n)
		}
		return errors.Join(err, tx.DeleteRequest(ctx, "SHA256:fay"), tx.DeleteRequest(ctx, "SHA256:nobody"))
	})
	waiting()
	_, err := w.JoinRequest(ctx, "SHA256:fay")
	w.absent("a request that was removed", err)
}

func codes(w *world) {
	ann := w.user("ann")
	ctx := w.Context()
	ends := w.now()
	hash := func(s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] }
	invite := chat.Code{Hash: hash("invite"), Role: chat.RoleAdmin, Uses: 2, ExpiresAt: ends, MadeBy: "ann"}
	own := chat.Code{Hash: hash("own"), Role: chat.RoleMember, User: ann.ID, Uses: 1, ExpiresAt: ends.Add(time.Hour), MadeBy: "ann"}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.InsertCode(ctx, invite), tx.InsertCode(ctx, own))
	})
	find := func(c chat.Code) []chat.Code {
		w.Helper()
		return must(w.Codes(ctx, c.Selector()))(w)
	}
	got := find(invite)
	if len(got) != 1 || !slices.Equal(got[0].Hash, invite.Hash) || got[0].Role != chat.RoleAdmin || got[0].User != 0 || got[0].Uses != 2 || !got[0].ExpiresAt.Equal(ends) || got[0].MadeBy != "ann" {
		w.Fatalf("the code is %+v", got)
	}
	if n := must(w.CountCodes(ctx))(w); n != 2 {
		w.Errorf("there are %d codes", n)
	}
	if all := must(w.AllCodes(ctx))(w); len(all) != 2 || all[0].ID != got[0].ID || all[0].Uses != 2 || all[1].User != ann.ID {
		w.Errorf("all codes are %+v", all)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UseCode(ctx, got[0].ID) })
	if left := find(invite); len(left) != 1 || left[0].Uses != 1 {
		w.Errorf("after one use the code is %+v", left)
	}
	// A code still names its maker after its maker has a new name.
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetUserName(ctx, ann.ID, "anna") })
	if left := find(invite); len(left) != 1 || left[0].MadeBy != "anna" {
		w.Errorf("after its maker got a new name, the code is %+v", left)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UseCode(ctx, got[0].ID) })
	if left := find(invite); len(left) != 0 {
		w.Errorf("after its last use the code is %+v", left)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.PruneCodes(ctx, ends.Add(time.Second)) })
	if left := find(own); len(left) != 1 || left[0].User != ann.ID {
		w.Errorf("the code that has not ended is %+v", left)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DropKeyCodes(ctx, ann.ID, "anna") })
	if n := must(w.CountCodes(ctx))(w); n != 0 {
		w.Errorf("%d codes are left", n)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertCode(ctx, invite) })
	dropped := find(invite)[0].ID
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DropCode(ctx, dropped) })
	if left := find(invite); len(left) != 0 {
		w.Errorf("after it was dropped, the code is %+v", left)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertCode(ctx, invite) })
	if again := find(invite)[0].ID; again == dropped || again == got[0].ID {
		w.Errorf("a new code has the number %d of another one", again)
	}
}

func settings(w *world) {
	for _, value := range []string{"", "open", "closed"} {
		if value != "" {
			w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetSetting(ctx, "join", value) })
		}
		if got := must(w.Setting(w.Context(), "join"))(w); got != value {
			w.Errorf("the setting is %q, want %q", got, value)
		}
	}
}
