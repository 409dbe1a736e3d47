#!/usr/bin/env bash
# Draws demo.svg: the first 14 seconds of `coatcheck demo` as a terminal window, from what it really prints.
#   docs/pictures/make.sh [a built coatcheck]      without an argument cargo builds one
set -euo pipefail
# Columns are counted in characters, not in bytes.
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
columns=92 line_height=20 font_size=14 left=22 top=62
# The advance of a monospaced character at that size, in hundredths: most fonts have 0.6 em.
advance=843

run_demo() {
    if [ $# -gt 0 ]; then
        "$1" demo --for 14s </dev/null
    else
        cargo run --quiet --manifest-path "$here/../../Cargo.toml" -- demo --for 14s </dev/null
    fi
}

# Breaks lines between words where the window ends; what is narrower keeps its blanks.
wrap() {
    local line word out
    while IFS= read -r line; do
        if [ ${#line} -le $columns ]; then
            printf '%s\n' "$line"
            continue
        fi
        out=
        for word in $line; do
            if [ $((${#out} + ${#word} + 1)) -gt $columns ]; then
                printf '%s\n' "$out"
                out=$word
            else
                out=${out:+$out }$word
            fi
        done
        printf '%s\n' "$out"
    done
}

escape() {
    local text=$1
    # In quotes, for bash 5.2 reads a bare & as what was found.
    text=${text//&/"&amp;"}
    text=${text//</"&lt;"}
    text=${text//>/"&gt;"}
    printf '%s' "$text"
}

# The x of a column, in pixels.
x_of() {
    local hundredths=$((left * 100 + $1 * advance))
    printf '%d.%02d' $((hundredths / 100)) $((hundredths % 100))
}

# One piece of text at its own column, as wide as its columns: so the board stands straight in every font.
piece() {
    local column=$1 class=$2 text=$3 width
    width=$((${#text} * advance))
    printf '<tspan x="%s" textLength="%d.%02d" class="%s">%s</tspan>' \
        "$(x_of "$column")" $((width / 100)) $((width % 100)) "$class" "$(escape "$text")"
}

# The pieces of a line: what two blanks or more part stands alone.
pieces() {
    local rest=$1 class=$2 column=0 blanks text kind
    while [[ $rest =~ ^(\ *)([^ ]+(\ [^ ]+)*)(.*)$ ]]; do
        blanks=${BASH_REMATCH[1]} text=${BASH_REMATCH[2]} rest=${BASH_REMATCH[4]}
        column=$((column + ${#blanks}))
        case $text in
            ●) kind=there ;;
            ·) kind=dim ;;
            *) kind=$class ;;
        esac
        piece "$column" "$kind" "$text"
        column=$((column + ${#text}))
    done
}

# What a line is, by how it begins.
class_of() {
    case $1 in
        '$ '* | '> '*) echo said ;;
        'Back in stock'*) echo back ;;
        '(back in stock'*) echo told ;;
        'http'* | 'Straight into'*) echo link ;;
        'Corps Jacket  '*) echo head ;;
        *) echo plain ;;
    esac
}

# The block that this is all about: from "Back in stock" to how fast it was told.
highlight() {
    local index begin=-1
    for index in "${!lines[@]}"; do
        case ${lines[index]} in
            'Back in stock'*) begin=$index ;;
            '(back in stock'*)
                [ $begin -ge 0 ] || continue
                printf '<rect x="10" y="%d" width="%d" height="%d" rx="6" class="block"/><rect x="10" y="%d" width="4" height="%d" rx="2" class="bar"/>\n' \
                    $((top + begin * line_height - 15)) $((width - 20)) $(((index - begin + 1) * line_height)) \
                    $((top + begin * line_height - 15)) $(((index - begin + 1) * line_height))
                begin=-1
                ;;
        esac
    done
}

draw() {
    local index
    width=$(((columns * advance) / 100 + 2 * left))
    height=$((top + ${#lines[@]} * line_height))
    cat <<SVG
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" role="img" aria-labelledby="what">
<title id="what">coatcheck demo: a size comes back in stock and is told within milliseconds</title>
<style>
text { font: ${font_size}px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", Consolas, monospace; fill: #c9d1d9; white-space: pre }
.said { fill: #79c0ff; font-weight: 600 } .back { fill: #7ee787; font-weight: 600 } .told { fill: #7ee787 }
.link { fill: #a5b4c3 } .head { fill: #ffffff; font-weight: 600 } .there { fill: #7ee787 } .dim { fill: #6e7681 }
.block { fill: #17351f } .bar { fill: #3fb950 } .name { fill: #8b949e; font-size: 12px }
</style>
<rect x="0.5" y="0.5" width="$((width - 1))" height="$((height - 1))" rx="10" fill="#0d1117" stroke="#30363d"/>
<path d="M0.5 34.5H$((width - 1)).5" stroke="#30363d"/>
<circle cx="22" cy="18" r="6" fill="#ff5f57"/><circle cx="42" cy="18" r="6" fill="#febc2e"/><circle cx="62" cy="18" r="6" fill="#28c840"/>
<text x="$((width / 2))" y="22" text-anchor="middle"><tspan class="name">coatcheck demo</tspan></text>
SVG
    highlight
    for index in "${!lines[@]}"; do
        [ -n "${lines[index]}" ] || continue
        printf '<text y="%d">%s</text>\n' $((top + index * line_height)) \
            "$(pieces "${lines[index]}" "$(class_of "${lines[index]}")")"
    done
    echo '</svg>'
}

mapfile -t lines < <(echo '$ coatcheck demo'; run_demo "$@" | wrap)
# The picture ends with the first board after the restock.
end=0 told=
for index in "${!lines[@]}"; do
    case ${lines[index]} in
        '(back in stock'*) told=yes ;;
        '') [ -z "$told" ] || [ "$end" -gt 0 ] || end=$index ;;
    esac
done
if [ "$end" = 0 ]; then
    echo "the demo did not tell of a restock; the picture stays as it is" >&2
    exit 1
fi
lines=("${lines[@]:0:end}")
draw >"$here/demo.svg"
