-- What the classes of a text are in each format. HTML has them in its style sheet.
local typst, docx = FORMAT == "typst", FORMAT == "docx"
local html = not typst and not docx

local function raw(text)
  return pandoc.RawBlock("typst", text)
end

local function bracketed(name, content)
  return { pandoc.RawInline("typst", "#" .. name .. "["), pandoc.Span(content),
           pandoc.RawInline("typst", "]") }
end

-- A line that names the rows after it spans the table.
local function is_heading(row)
  local first = row.cells[1]
  local inside = first.contents[1] and first.contents[1].content
  if not inside or #inside ~= 1 or inside[1].t ~= "Strong" then return false end
  for i = 2, #row.cells do
    if #row.cells[i].contents > 0 then return false end
  end
  return true
end

-- Letters of the longest word and of the whole text of a cell.
local function sizes(cell)
  local text = pandoc.utils.stringify(cell.contents)
  local longest = 0
  for word in text:gmatch("%S+") do longest = math.max(longest, utf8.len(word) or #word) end
  return longest, utf8.len(text) or #text
end

-- On paper a column is as wide as its longest word, and wider by how much text it holds; one of
-- short texts breaks none.
local function set_widths(el)
  local least, wish = {}, {}
  for i = 1, #el.colspecs do least[i], wish[i] = 3, 3 end
  local rows = {}
  for _, row in ipairs(el.head.rows) do table.insert(rows, row) end
  for _, body in ipairs(el.bodies) do
    for _, row in ipairs(body.body) do table.insert(rows, row) end
  end
  for _, row in ipairs(rows) do
    if #row.cells == #el.colspecs then
      for i, cell in ipairs(row.cells) do
        local longest, all = sizes(cell)
        least[i] = math.max(least[i], math.min(longest, 24) + 2)
        wish[i] = math.max(wish[i], math.min(all, 120) + 2)
      end
    end
  end
  local sum_least, sum_wish, letters = 0, 0, 108
  for i = 1, #least do
    wish[i] = math.max(wish[i], least[i])
    if wish[i] <= 20 then least[i] = wish[i] end
    sum_least, sum_wish = sum_least + least[i], sum_wish + wish[i]
  end
  for i = 1, #least do
    local width
    if sum_wish <= letters then
      width = wish[i] / sum_wish
    elseif sum_least >= letters then
      width = least[i] / sum_least
    else
      width = (least[i] + (wish[i] - least[i]) * (letters - sum_least) / (sum_wish - sum_least)) / letters
    end
    el.colspecs[i] = { el.colspecs[i][1], width }
  end
end

-- Where the references lay is of this machine; Word would keep it among its properties.
function Meta(meta)
  meta.bibliography, meta.csl, meta["link-citations"] = nil, nil, nil
  return meta
end

-- In HTML a row's head spans no column beside it; a line that heads those below opens a body.
local function headed_bodies(body)
  local parts = {}
  local function open(head)
    table.insert(parts, { attr = pandoc.Attr(), head = head, body = {}, row_head_columns = 1 })
  end
  open({})
  for _, row in ipairs(body.body) do
    if row.cells[1].col_span > 1 then open({ row }) else table.insert(parts[#parts].body, row) end
  end
  if #parts > 1 and #parts[1].body == 0 then table.remove(parts, 1) end
  return parts
end

function Table(el)
  for _, body in ipairs(el.bodies) do
    body.row_head_columns = 1
    for _, row in ipairs(body.body) do
      if #row.cells > 1 and is_heading(row) then
        row.cells[1].col_span = #row.cells
        row.cells[1].alignment = "AlignLeft"
        for i = #row.cells, 2, -1 do table.remove(row.cells, i) end
      end
    end
  end
  if docx or (typst and el.colspecs[1][2]) then set_widths(el) end
  if docx then
    local styled = function(row)
      for _, cell in ipairs(row.cells) do
        local blocks = cell.contents:walk({
          Plain = function(block) return pandoc.Para(block.content) end,
        })
        cell.contents = { pandoc.Div(blocks, pandoc.Attr("", {}, { ["custom-style"] = "Table Text" })) }
      end
    end
    for _, row in ipairs(el.head.rows) do styled(row) end
    for _, body in ipairs(el.bodies) do
      for _, row in ipairs(body.body) do styled(row) end
    end
  end
  if html then
    local bodies = {}
    for _, body in ipairs(el.bodies) do
      for _, part in ipairs(headed_bodies(body)) do table.insert(bodies, part) end
    end
    el.bodies = bodies
  end
  return el
end

function Span(el)
  if el.classes:includes("unbroken") then
    if typst then return bracketed("box", el.content) end
    if docx then
      return el.content:walk({ Space = function() return pandoc.Str("\u{a0}") end })
    end
  elseif el.classes:includes("synthetic") then
    if typst then return bracketed("synthetic", el.content) end
    if docx then el.attributes["custom-style"] = "Synthetic" end
  end
  return el
end

-- A number keeps its sign of per cent, and a p value its number, on one line.
local LINKS = { ["="] = true, ["<"] = true, [">"] = true }

-- An interval, and a name that ends in a number. Word breaks at hyphens and dashes at will.
local function is_unbroken(inline)
  return inline.t == "Str"
    and (inline.text:match("%d–[%d−]") or inline.text:match("^%a+%-%d+%p*$"))
end

function Inlines(inlines)
  for i = 2, #inlines - 1 do
    local before, after = inlines[i - 1], inlines[i + 1]
    if inlines[i].t == "Space" and before.t == "Str" and after.t == "Str" then
      local sign = after.text:sub(1, 1)
      if (sign == "%" and before.text:match("%d$"))
        or (LINKS[after.text] and before.text:match("^%(?[pn]$"))
        or (LINKS[before.text] and after.text:match("^[%d−]")) then
        inlines[i] = pandoc.Str("\u{a0}")
      end
    end
  end
  if docx then return inlines end
  local whole = pandoc.Inlines({})
  for _, inline in ipairs(inlines) do
    if not is_unbroken(inline) then
      whole:insert(inline)
    elseif typst then
      whole:extend(bracketed("box", { inline }))
    else
      whole:insert(pandoc.Span({ inline }, { class = "unbroken" }))
    end
  end
  return whole
end

local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local function exists(path)
  for _, folder in ipairs(PANDOC_STATE.resource_path) do
    local file = io.open(folder .. "/" .. path, "rb")
    if file then
      file:close()
      return true
    end
  end
  return false
end

-- Pictures move to where a page has room, but not out of the supplement.
local floating = true

function Header(el)
  if el.identifier == "supplement" then floating = false end
end

-- From this width in millimetres on a picture is too small to read on a telephone.
local WIDE = 130

-- Typst draws vectors, tells the text alternative, and keeps a picture within the text. On a narrow
-- screen a wide picture scrolls, for the keyboard too.
function Figure(el)
  local image
  el:walk({ Image = function(found) image = found end })
  if html then
    el.attributes.tabindex = "0"
    local width = image and (image.attributes.width or ""):match("^(%d+)mm$")
    if width and tonumber(width) >= WIDE then el.classes:insert("wide") end
  end
  if not typst or not image then return el end
  local vector = image.src:gsub("%.png$", ".pdf")
  local source = exists(vector) and vector or image.src
  local alt = image.attributes.alt or pandoc.utils.stringify(image.caption)
  local blocks = pandoc.Blocks({ raw("#picture(" .. quoted(source) .. ", " .. quoted(alt) .. ", "
    .. (image.attributes.width or "170mm") .. ", " .. tostring(floating) .. ")[") })
  blocks:extend(el.caption.long)
  blocks:insert(raw("]" .. (el.identifier ~= "" and " <" .. el.identifier .. ">" or "")))
  return blocks
end

local STYLES = { note = "Table Note", banner = "Banner", abstract = "Abstract" }

function Div(el)
  -- Links to files beside the page: print and Word have no such place.
  if el.classes:includes("origin") and not html then return {} end
  for class, style in pairs(STYLES) do
    if el.classes:includes(class) then
      if typst then
        local blocks = pandoc.Blocks({ raw("#" .. class .. "[") })
        blocks:extend(el.content)
        blocks:insert(raw("]"))
        return blocks
      end
      if docx then el.attributes["custom-style"] = style end
    end
  end
  if typst and el.classes:includes("table") then
    local blocks = pandoc.Blocks({ raw("#tabular[") })
    blocks:extend(el.content)
    blocks:insert(raw("] <" .. el.identifier .. ">"))
    return blocks
  end
  return el
end
