//! STOP while a text is being started.

use coatcheck_domain::delivery::State;

use super::consent::{stop, waiting};

/// At each statement of a start somebody says STOP. What is begun was begun when that is stored; everything else is taken
/// back, and nothing begins afterwards.
#[tokio::test]
async fn p8_stop_said_at_any_statement_of_a_start_leaves_nothing_to_begin() {
    let (mut begun, mut taken_back) = (0, 0);
    for nth in 1.. {
        let (scene, _) = waiting(None).await;
        let lease = scene.take_lane_of("sms", "us").await;
        scene.faults.ring_at(nth);
        let start = async {
            let started = scene.start(&lease).await;
            (scene.faults.over(), started.len())
        };
        let stop = async {
            scene.faults.rung().await;
            stop(&scene).await;
            scene.state(1).await
        };
        let stop = tokio::time::timeout(std::time::Duration::from_secs(2), stop);
        let ((reached, started), stopped) = tokio::join!(start, stop);
        if !reached {
            break;
        }
        let when_stored = stopped.expect("stored").0;
        match started {
            0 => {
                assert_eq!(scene.state(1).await, (State::Suppressed, Some("stopped".to_owned())), "at statement {nth}");
            }
            _ => assert_eq!(when_stored, State::Sending, "at statement {nth}: it began after STOP was stored"),
        }
        begun += started;
        taken_back += 1 - started;
        assert!(scene.start(&lease).await.is_empty(), "at statement {nth}");
    }
    assert!(begun + taken_back > 3 && begun > 0, "begun {begun}, taken back {taken_back}");
}
