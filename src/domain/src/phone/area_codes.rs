//! The area codes behind +1, with the country and zones of each.
//!
//! An area that a border of zones runs through has all of them: a text is sent when it is day in each. Toll-free,
//! premium and personal numbers have no area, and are in no row. An area code that came up after this table was
//! written is taken for one [`ANYWHERE`] in the USA.
//!
//! Alberta, Manitoba and most of British Columbia gave up changing their clocks in 2026. The zones that are built in may
//! not know that yet, so a second zone beside theirs has the time they keep in winter by now. Towns that keep the time
//! of a neighbour (Phenix City in Alabama, Lloydminster in Saskatchewan) count as a border as well.

use chrono_tz::{America, Atlantic, Pacific};

use super::Row;

/// By the three digits behind +1.
pub(super) const AREA_CODES: &[Row] = &[
    (
        "201 202 203 207 212 215 216 220 223 227 229 231 234 239 240 248 252 260 267 269 272 276 283 301 302 304 \
         305 313 315 317 321 324 326 329 330 332 336 339 347 351 352 363 380 386 401 404 407 410 412 413 419 434 \
         436 440 443 445 463 465 470 472 475 478 484 502 508 513 516 517 518 540 551 561 567 570 571 582 585 586 \
         603 607 609 610 614 616 617 624 631 640 645 646 656 667 678 679 680 681 686 703 704 706 716 717 718 724 \
         727 728 732 734 740 743 754 757 762 765 770 771 772 774 781 786 802 803 804 810 813 814 821 826 828 835 \
         838 839 843 845 848 854 856 857 859 860 862 863 864 865 878 904 908 910 912 914 917 919 929 934 937 941 \
         943 947 948 954 959 973 978 980 984 989",
        "US",
        &[America::New_York],
    ),
    (
        "205 210 214 217 218 224 225 228 235 251 254 256 262 274 281 309 312 314 316 318 319 320 325 327 331 337 \
         346 353 361 402 405 409 414 417 430 432 447 457 464 469 471 479 501 504 507 512 515 531 534 539 557 563 \
         572 573 580 601 608 612 615 618 629 630 636 641 651 659 660 662 682 689 708 712 713 715 726 730 731 737 \
         763 769 773 779 806 815 816 817 830 832 847 861 870 872 901 903 913 918 920 931 936 938 940 945 952 956 \
         972 975 979 985",
        "US",
        &[America::Chicago],
    ),
    (
        "206 209 213 253 279 310 323 341 350 357 360 369 408 415 424 425 442 503 509 510 530 559 562 564 619 626 \
         628 650 657 661 669 702 707 714 725 738 747 760 805 818 820 831 837 840 858 909 916 925 949 951 971",
        "US",
        &[America::Los_Angeles],
    ),
    ("303 307 385 406 435 505 575 719 720 748 801 915 970 983", "US", &[America::Denver]),
    ("219 270 334 364 448 483 850", "US", &[America::Chicago, America::New_York]),
    ("423 574 606 729 812 906 930", "US", &[America::New_York, America::Chicago]),
    ("308 605 620 701 785", "US", &[America::Chicago, America::Denver]),
    ("480 520 602 623", "US", &[America::Phoenix]),
    ("458 541 775", "US", &[America::Los_Angeles, America::Denver]),
    ("208 986", "US", &[America::Denver, America::Los_Angeles]),
    ("808", "US", &[Pacific::Honolulu]),
    ("907", "US", &[America::Anchorage, America::Adak]),
    ("928", "US", &[America::Phoenix, America::Denver]),
    ("204 431 584", "CA", &[America::Winnipeg, America::Atikokan]),
    (
        "226 249 263 273 289 343 354 365 382 387 416 437 438 450 468 514 519 548 579 613 647 683 705 742 753 819 \
         873 905 942",
        "CA",
        &[America::Toronto],
    ),
    ("236 250 257 672 778", "CA", &[America::Vancouver, America::Whitehorse, America::Edmonton, America::Regina]),
    ("306 474 639", "CA", &[America::Regina, America::Edmonton]),
    ("367 418 581", "CA", &[America::Toronto, America::Halifax]),
    ("368 403 587 780 825", "CA", &[America::Edmonton, America::Regina]),
    ("428 506 782 902", "CA", &[America::Halifax]),
    ("604", "CA", &[America::Vancouver, America::Whitehorse]),
    ("709 879", "CA", &[America::St_Johns, America::Goose_Bay]),
    ("807", "CA", &[America::Toronto, America::Winnipeg, America::Atikokan]),
    ("867", "CA", &[America::Whitehorse, America::Edmonton, America::Rankin_Inlet, America::Iqaluit]),
    ("242", "BS", &[America::Nassau]),
    ("246", "BB", &[America::Barbados]),
    ("264", "AI", &[America::Anguilla]),
    ("268", "AG", &[America::Antigua]),
    ("284", "VG", &[America::Tortola]),
    ("340", "VI", &[America::St_Thomas]),
    ("345", "KY", &[America::Cayman]),
    ("441", "BM", &[Atlantic::Bermuda]),
    ("473", "GD", &[America::Grenada]),
    ("649", "TC", &[America::Grand_Turk]),
    ("658 876", "JM", &[America::Jamaica]),
    ("664", "MS", &[America::Montserrat]),
    ("670", "MP", &[Pacific::Saipan]),
    ("671", "GU", &[Pacific::Guam]),
    ("684", "AS", &[Pacific::Pago_Pago]),
    ("721", "SX", &[America::Lower_Princes]),
    ("758", "LC", &[America::St_Lucia]),
    ("767", "DM", &[America::Dominica]),
    ("784", "VC", &[America::St_Vincent]),
    ("787 939", "PR", &[America::Puerto_Rico]),
    ("809 829 849", "DO", &[America::Santo_Domingo]),
    ("868", "TT", &[America::Port_of_Spain]),
    ("869", "KN", &[America::St_Kitts]),
];

/// Somewhere in the USA.
pub(super) const ANYWHERE: Row = (
    "",
    "US",
    &[
        America::New_York,
        America::Chicago,
        America::Denver,
        America::Phoenix,
        America::Los_Angeles,
        America::Anchorage,
        Pacific::Honolulu,
    ],
);

/// Could people have numbers with this area code? Not those that are paid by who is called or cost extra, nor those that
/// can be none: codes begin with 2 to 9, and end in two like digits only for services (nanpa.com).
pub(super) fn may_be_new(area: &str) -> bool {
    let digits = area.as_bytes();
    let is_service = digits[1] == digits[2] && area != "555";
    (b'2'..=b'9').contains(&digits[0]) && digits[1] != b'9' && !is_service && area != "900"
}
