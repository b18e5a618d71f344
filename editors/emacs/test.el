;;; Runs inside Emacs, see `test' beside it.  -*- lexical-binding: t -*-

(require 'package)
(package-initialize)
(require 'cl-lib)
(require 'eglot)
(require 'dockerfile-mode)
(require 'yaml-mode)

;; As in docs/editors.md, with the program that is tested.
(add-to-list 'eglot-server-programs
             `((dockerfile-mode yaml-mode) . (,(getenv "DOCKCHECK") "lsp")))
(setq make-backup-files nil)

(defun test-fail (what)
  (message "failed: %s" what)
  (kill-emacs 1))

(defun test-wait (what condition)
  (let ((end (+ (float-time) 600)))
    (while (not (funcall condition))
      (when (> (float-time) end) (test-fail what))
      (accept-process-output nil 0.1))))

;; Timers do not run in batch mode: what they would do is done here.
(defun test-shows (buffer pattern)
  (with-current-buffer buffer
    (eglot--signal-textDocument/didChange)
    (flymake-start)
    (cl-some (lambda (d) (string-match-p pattern (flymake-diagnostic-text d))) (flymake-diagnostics))))

(let ((compose (find-file-noselect "docker-compose.yml"))
      (dockerfile (find-file-noselect "Dockerfile")))
  (with-current-buffer compose (call-interactively #'eglot))
  (with-current-buffer dockerfile (unless (eglot-managed-p) (call-interactively #'eglot)))
  (unless (eq (with-current-buffer compose (eglot-current-server))
              (with-current-buffer dockerfile (eglot-current-server)))
    (test-fail "one server for both files"))
  (test-wait "no finding in the compose file" (lambda () (test-shows compose "runs the prebuilt image")))
  (test-wait "no finding in the Dockerfile" (lambda () (test-shows dockerfile "C\\+\\+ compiler")))
  (with-current-buffer dockerfile
    (goto-char (point-min))
    (search-forward "cmake -S")
    (goto-char (match-beginning 0))
    (let ((action (cl-find-if (lambda (a) (string-match-p "^Add build-essential" (plist-get a :title)))
                              (eglot-code-actions (point) (point) "quickfix"))))
      (unless action (test-fail "no quick fix"))
      (eglot--apply-workspace-edit (plist-get action :edit)))
    (test-wait "the finding is still there" (lambda () (not (test-shows dockerfile "C\\+\\+ compiler"))))
    (save-buffer))
  (message "both findings shown, one fixed and gone"))
