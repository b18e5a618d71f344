-- Runs inside Neovim, see `test` beside it.

local function fail(what)
  io.stderr:write('\nfailed: ' .. what .. '\n')
  vim.cmd('cquit 1')
end

local function say(what)
  io.stdout:write(what .. '\n')
end

vim.o.hidden = true
local config = { name = 'dockcheck', cmd = { vim.env.DOCKCHECK, 'lsp' }, root_dir = vim.fn.getcwd() }

-- `vim.lsp.start` came with 0.8.
local id
local function attach(buffer)
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
  else
    id = id or vim.lsp.start_client(config)
    vim.lsp.buf_attach_client(buffer, id)
  end
end

local function open(name)
  vim.cmd('edit ' .. name)
  local buffer = vim.api.nvim_get_current_buf()
  attach(buffer)
  return buffer
end

local function find(buffer, code)
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    local lsp = diagnostic.user_data and diagnostic.user_data.lsp or {}
    if diagnostic.code == code or lsp.code == code then
      return diagnostic
    end
  end
end

local function wait_for(what, condition)
  if not vim.wait(600000, condition, 20) then
    fail('no ' .. what)
  end
end

local function main()
  local compose = open('docker-compose.yml')
  local dockerfile = open('Dockerfile')
  local wanted = { { compose, 'prebuilt-image-bypass', '^Build ' }, { dockerfile, 'missing-compiler', '^Add build%-essential' } }
  for _, want in ipairs(wanted) do
    local buffer, code = want[1], want[2]
    wait_for(code, function() return find(buffer, code) end)
    local found = find(buffer, code)
    say(('%s:%d: %s'):format(vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':t'), found.lnum + 1, code))
  end

  -- What the user would pick from the menu.
  local title
  vim.ui.select = function(items, options, choose)
    for index, item in ipairs(items) do
      local shown = options.format_item and options.format_item(item) or tostring(item)
      if shown:match(title) then
        say('picked: ' .. shown)
        return choose(item, index)
      end
    end
    fail('no action like ' .. title)
  end
  for _, want in ipairs(wanted) do
    local buffer, code = want[1], want[2]
    title = want[3]
    vim.api.nvim_set_current_buf(buffer)
    local found = find(buffer, code)
    vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
    local before = vim.api.nvim_buf_get_changedtick(buffer)
    vim.lsp.buf.code_action()
    wait_for('edit for ' .. code, function() return vim.api.nvim_buf_get_changedtick(buffer) > before end)
  end
  for _, want in ipairs(wanted) do
    wait_for('end of ' .. want[2], function() return not find(want[1], want[2]) end)
  end

  local hover = vim.lsp.buf_request_sync(compose, 'textDocument/hover', {
    textDocument = vim.lsp.util.make_text_document_params(compose),
    position = { line = 69, character = 4 },
  }, 20000)
  local _, answer = next(hover or {})
  local text = answer and answer.result and answer.result.contents.value or ''
  if not text:find('Service `llama%-cpp` builds `Dockerfile`') then
    fail('no hover, but: ' .. text)
  end
  vim.cmd('wall')
  say('both findings shown, fixed and gone')
  vim.cmd('qall!')
end

local ok, problem = pcall(main)
if not ok then
  fail(tostring(problem))
end
